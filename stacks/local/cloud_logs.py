"""What functions log, moved from the emulator's memory into a file.

The emulator keeps a log stream for each invocation for ever and saves them all; here the newest few stay for its API
and everything is written to one rotating file.
"""

import logging
from collections.abc import MutableMapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from ministack.services import cloudwatch_logs

_KEPT_STREAMS = 40
_BYTES_MAX = 10_000_000
_NOISE = ("START RequestId", "END RequestId", "REPORT RequestId")


class FunctionLog:
    """Appends new log lines of all functions to a file, each after the function's name."""

    def __init__(self, file: Path) -> None:
        self._logger = logging.getLogger("nightdesk.functions")
        self._logger.propagate = False
        self._logger.setLevel(logging.INFO)
        self._logger.addHandler(RotatingFileHandler(file, maxBytes=_BYTES_MAX, backupCount=1))
        self._written: set[str] = set()

    def move(self) -> None:
        """Write what is new and forget the oldest streams."""
        with cloudwatch_logs._log_events_lock:  # noqa: SLF001 - what its own appends hold
            groups = list(cloudwatch_logs._log_groups.all_items())  # noqa: SLF001 - there is no other way to all of them
            streams = {name: group["streams"] for (_account, _region, name), group in groups}
            for group, of_group in streams.items():
                self._move_group(group.rsplit("/", 1)[-1], of_group)
            self._written &= {name for of_group in streams.values() for name in of_group}

    def _move_group(self, function: str, streams: MutableMapping[str, Any]) -> None:
        for name in [name for name in streams if name not in self._written]:
            for event in streams[name]["events"]:
                if not event["message"].startswith(_NOISE):
                    self._logger.info("%s %s", function, event["message"].rstrip())
            self._written.add(name)
        for name in list(streams)[:-_KEPT_STREAMS]:
            del streams[name]
