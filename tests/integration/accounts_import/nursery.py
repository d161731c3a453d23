"""Workers without the time that a process needs to begin: `python -m …` forks one for each line, and prints its pid."""

from __future__ import annotations

import json
import os
import signal
import sys

from tests.integration.accounts_import.worker import main


def nurse() -> None:
    """Fork a worker for each line of standard input."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                main(json.loads(line))
            finally:
                os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    nurse()
