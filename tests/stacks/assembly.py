"""The synthesised templates, made once for a run of these tests."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacks.local.measuring import measured

ROOT = Path(__file__).parents[2]
# No network can be reached through a proxy that isn't there, and there is no account, git or home to look into.
BARE = {
    "PATH": os.defpath,
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True, slots=True)
class Assembly:
    """A directory that `python -m stacks.app` wrote."""

    directory: Path

    def template(self, stack: str) -> Mapping[str, Any]:
        """The template of a stack, named without the prefix."""
        return dict(json.loads((self.directory / f"nightdesk-{stack}.template.json").read_text()))

    def stacks(self) -> list[str]:
        """The names of all stacks, without the prefix."""
        return sorted(
            path.name.removeprefix("nightdesk-").removesuffix(".template.json")
            for path in self.directory.glob("*.template.json")
        )

    def resources(self, kind: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Stack, logical id and properties of every resource of a type."""
        for stack in self.stacks():
            for name, resource in self.template(stack)["Resources"].items():
                if resource["Type"] == kind:
                    yield stack, name, resource.get("Properties", {})


def synthesise(
    directory: Path, *options: str, choices: Mapping[str, Any] | None = None
) -> subprocess.CompletedProcess[str]:
    """Write an assembly in an environment that holds nothing but the choices of the one who deploys."""
    node = Path(_which("node")).parent
    environment = BARE | {"PATH": f"{node}{os.pathsep}{os.defpath}", "HOME": str(directory), **measured()}
    environment["CDK_CONTEXT_JSON"] = json.dumps(choices or {})
    command = [sys.executable, "-m", "stacks.app", "--output", str(directory / "cdk.out"), *options]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def _which(program: str) -> str:
    done = subprocess.run(["/usr/bin/env", "which", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()
