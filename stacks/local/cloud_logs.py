"""What functions log, written to one rotating file as it is said.

The emulator shows what a function said only to those who invoked it over its API, not for queues' messages, and keeps
a log stream for each invocation for ever.
"""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from ministack.core import lambda_runtime
from ministack.services import cloudwatch_logs

_KEPT_STREAMS = 40
_BYTES_MAX = 10_000_000


def write_functions_log(file: Path) -> None:
    """From now on write what functions say to `file`, each line after the function's name."""
    file.parent.mkdir(parents=True, exist_ok=True)
    logger = logging.getLogger("nightdesk.functions")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(RotatingFileHandler(file, maxBytes=_BYTES_MAX, backupCount=1))

    def read_stderr(worker: lambda_runtime.Worker) -> None:
        for line in worker._proc.stderr:  # noqa: SLF001 - takes the place of the worker's own reader
            text = line.rstrip("\n")
            worker._stderr_queue.put(text)  # noqa: SLF001 - as above
            logger.info("%s %s", worker.func_name, text)

    lambda_runtime.Worker._read_stderr = read_stderr  # noqa: SLF001 - as above


def forget_old_streams() -> None:
    """Drop all but the newest log streams of each function from the emulator's memory."""
    with cloudwatch_logs._log_events_lock:  # noqa: SLF001 - what its own appends hold
        groups = list(cloudwatch_logs._log_groups.all_items())  # noqa: SLF001 - there is no other way to all of them
        for _key, group in groups:
            for name in list(group["streams"])[:-_KEPT_STREAMS]:
                del group["streams"][name]
