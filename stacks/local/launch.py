"""Become one program of the desk: `python -m stacks.local.launch <programs.json> <name>`.

The supervisor starts this; it waits for what the program needs, drops root where the program must not have it, and is
then replaced by the program, whose process id the supervisor so knows. Standard library only: it is started often.
"""

import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PAUSE_S = 0.05


def main() -> None:
    """Read the program's description and become it."""
    program = json.loads(Path(sys.argv[1]).read_text())[sys.argv[2]]
    environment = program["environment"] | _awaited(program.get("environment_file"))
    _become(program.get("user"))
    os.chdir(program["directory"])
    os.execve(program["command"][0], program["command"], environment)  # noqa: S606 - the desk's own command lines


def _awaited(file: str | None) -> Mapping[str, str]:
    if file is None:
        return {}
    while not Path(file).exists():
        time.sleep(_PAUSE_S)
    environment: Mapping[str, str] = json.loads(Path(file).read_text())["environment"]
    return environment


def _become(user: Mapping[str, Any] | None) -> None:
    if user is not None:
        os.setgroups([])
        os.setgid(user["gid"])
        os.setuid(user["uid"])


if __name__ == "__main__":
    main()
