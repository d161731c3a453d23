"""Synthesise the application stacks when something they are made of changed."""

import hashlib
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from stacks.build import REQUIREMENTS
from stacks.project import PROJECT

_SOURCES = (PROJECT / "functions", PROJECT / "layers", PROJECT / "stacks")
_FILES = (PROJECT / "pyproject.toml", PROJECT / "cdk.json", PROJECT / "requirements" / "local.txt")


class SynthesisFailed(RuntimeError):
    """The templates could not be written; carries what the CDK said."""


def synthesise(assembly: Path) -> bool:
    """Write the application stacks' assembly unless it is there for the present sources.

    Returns:
        Whether it was written anew.

    Raises:
        SynthesisFailed: With the CDK's words.
    """
    stamp, digest = assembly.with_suffix(".stamp"), _digest()
    if stamp.exists() and stamp.read_text() == digest and (assembly / "manifest.json").exists():
        return False
    stamp.unlink(missing_ok=True)
    # Packages come from the environment: those of the layers are built for Lambda's Python and platform.
    options = ["--only", "application", "--without-packages", "--output", str(assembly)]
    command = [sys.executable, "-m", "stacks.app", *options]
    done = subprocess.run(  # noqa: S603 - our own command line
        command, cwd=PROJECT, capture_output=True, text=True, check=False, start_new_session=True
    )
    if done.returncode:
        raise SynthesisFailed(_spoken(done.stderr))
    stamp.write_text(digest)
    return True


def _digest() -> str:
    digest = hashlib.sha256()
    for path in sorted({*_code(), *_FILES, *REQUIREMENTS.glob("*.txt")}):
        digest.update(f"{path.relative_to(PROJECT)}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _code() -> Iterable[Path]:
    for folder in _SOURCES:
        for path in folder.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _spoken(text: str) -> str:
    # The CDK's engine warns about the version of node in lines that look like bytes.
    return "\n".join(line for line in text.splitlines() if not line.startswith("b'"))[-2000:]
