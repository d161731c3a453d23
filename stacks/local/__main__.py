"""The desk on this machine: `python -m stacks.local run [--port N]` and `python -m stacks.local clean`."""

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stacks.local.plan import Choices

PYTHON_OLDEST, PYTHON_TOO_NEW = (3, 11), (3, 14)
READY = "Nightdesk is ready: {url}  sign in as {email} / {password}"


def main() -> int:
    """Do what the command line says; 2 when the desk can't start."""
    if not PYTHON_OLDEST <= sys.version_info < PYTHON_TOO_NEW:
        return _complain(f"Nightdesk needs Python 3.11 to 3.13; this is {sys.version.split()[0]}.")
    arguments = _parse()
    from stacks.local.desk import Refused, forget  # noqa: PLC0415 - an old Python must not get that far

    try:
        if arguments.command == "clean":
            forget(_state_dir("paper"))
            return 0
        return _run(arguments.port)
    except Refused as refusal:
        return _complain(str(refusal))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m stacks.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run the desk until Ctrl-C (REPLAY=, SPEED=, VENUES=live)")
    run.add_argument("--port", type=int, default=8080, help="of the page and the API")
    commands.add_parser("clean", help="stop the desk and forget its data")
    return parser.parse_args()


def _run(port: int) -> int:
    from stacks.local.desk import Desk  # noqa: PLC0415 - see main

    choices = _choices(port)
    desk = Desk(_state_dir(choices.venues), choices, report=_say)
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _interrupt)
    try:
        with desk:
            _say(f"Memory of the whole desk: {desk.memory_mib():.0f} MiB")
            email, password = desk.sign_in
            _say(READY.format(url=desk.url, email=email, password=password))
            desk.wait()
    except KeyboardInterrupt:
        _say("Nightdesk has stopped.")
    return 0


def _choices(port: int) -> "Choices":
    from stacks.local.desk import Refused  # noqa: PLC0415 - see main
    from stacks.local.plan import Choices  # noqa: PLC0415 - see main

    said = os.environ  # noqa: TID251 - the choices of whoever runs `make run`
    venues = said.get("VENUES") or "paper"
    if venues not in {"paper", "live"}:
        raise Refused(f"VENUES may be paper or live, not {venues}.")
    replay = said.get("REPLAY", "")
    return Choices(
        port=port, venues=venues, replay=str(Path(replay).resolve()) if replay else "", speed=said.get("SPEED", "")
    )


def _state_dir(venues: str) -> Path:
    state = Path(__file__).parents[2] / ".nightdesk"
    return state / "live" if venues == "live" else state


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)  # stopping takes its seconds; once is enough
    raise KeyboardInterrupt


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the command's output


def _complain(line: str) -> int:
    print(line, file=sys.stderr)  # noqa: T201 - the command's output
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
