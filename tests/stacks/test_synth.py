"""The templates need nothing but the source, are the same each time, and pass the checkers."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

from stacks.build import BUILD, FUNCTION_LAYERS, THIRD_PARTY, lock_digest
from tests.stacks.assembly import ROOT, Assembly, synthesise

STACKS = [
    "accounts",
    "alerts",
    "api",
    "data",
    "identity",
    "marketdata",
    "messaging",
    "network",
    "observability",
    "release",
    "streaming",
    "trading",
    "web",
]


def test_every_stack_is_written_without_network_account_or_home(assembly: Assembly) -> None:
    assert assembly.stacks() == STACKS


def test_templates_name_no_account_region_path_or_moment(assembly: Assembly) -> None:
    for path in assembly.directory.glob("*.template.json"):
        text = path.read_text()
        assert str(ROOT) not in text
        assert not re.search(r"arn:aws:[a-z0-9-]+:[a-z]{2}-[a-z]+-\d", text), path.name
        assert not re.search(r":\d{12}:", text), path.name


def test_application_templates_are_the_same_with_and_without_infrastructure(assembly: Assembly, tmp_path: Path) -> None:
    done = synthesise(tmp_path, "--only", "application", "--without-packages")
    assert done.returncode == 0, done.stderr[-2000:]
    alone = Assembly(tmp_path / "cdk.out")
    assert alone.stacks() == ["accounts", "alerts", "api", "identity", "marketdata", "messaging", "trading"]
    for stack in alone.stacks():
        assert alone.template(stack) == assembly.template(stack)


def test_third_party_layers_are_named_by_their_lock_files(assembly: Assembly) -> None:
    keys = {
        props["Content"]["S3Key"].removesuffix(".zip")
        for _, _, props in assembly.resources("AWS::Lambda::LayerVersion")
    }
    # The CDK digests an asset's own hash once more.
    expected = {hashlib.sha256(lock_digest(name).encode()).hexdigest() for name in THIRD_PARTY}
    assert expected <= keys


def test_cfn_lint_finds_nothing(assembly: Assembly) -> None:
    templates = [str(path) for path in sorted(assembly.directory.glob("*.template.json"))]
    done = subprocess.run(
        [str(Path(sys.executable).with_name("cfn-lint")), *templates], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_cdks_command_line_finds_the_assembly_where_it_asked_for_it(tmp_path: Path) -> None:
    environment = {**os.environ, "CDK_OUTDIR": str(tmp_path / "asked")}
    command = [sys.executable, "-m", "stacks.app", "--only", "application", "--without-packages"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "asked" / "manifest.json").is_file()


def test_every_waiver_has_a_reason_and_names_one_resource() -> None:
    sources = [path.read_text() for path in (ROOT / "stacks").rglob("*.py")]
    calls = [line for source in sources for line in re.findall(r"\bwaive\(([^\n]*)", source)]
    assert calls
    for call in calls:
        assert not call.startswith(("self,", "app,", "scope,")), f"a whole stack is waived: {call}"


def test_each_function_has_a_handler_and_is_staged(assembly: Assembly) -> None:
    handlers = {
        props["FunctionName"]: props["Handler"]
        for _, _, props in assembly.resources("AWS::Lambda::Function")
        if "FunctionName" in props
    }
    assert len(handlers) == len(FUNCTION_LAYERS)
    for name in FUNCTION_LAYERS:
        assert handlers[f"nightdesk-{name.replace('_', '-')}"] == f"functions.{name}.handler.handler"
        source = (ROOT / "functions" / name / "handler.py").read_text()
        assert re.search(r"^def handler\(|^handler\b", source, re.MULTILINE)
        assert (BUILD / "functions" / name / "functions" / name / "handler.py").is_file()


def test_the_local_run_never_gets_packages_built_for_lambda(tmp_path: Path) -> None:
    """They are of another Python than the local functions run on."""
    done = synthesise(tmp_path, "--only", "application", "--without-packages")
    assert done.returncode == 0, done.stderr[-2000:]
    for name in THIRD_PARTY:
        asset = tmp_path / "cdk.out" / f"asset.{hashlib.sha256(lock_digest(name).encode()).hexdigest()}"
        assert [path.name for path in asset.rglob("*") if path.is_file()] == ["not-built.txt"]
