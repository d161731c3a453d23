"""The process of the local cloud: MiniStack's ASGI application behind the guard, saved every few seconds.

Started with a complete environment by `stacks.local.cloud`. MiniStack itself saves only when it stops cleanly; here
what changed is written regularly, so that a killed cloud comes back with its users and its deployment.
"""

import asyncio
import hashlib
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack
from ministack.core import lambda_runtime, persistence

from stacks.local.cloud_logs import forget_old_streams, write_functions_log
from stacks.local.cloud_state import clear_temporary
from stacks.local.cloud_workers import end_idle, share_layers
from stacks.local.guard import Application, Guard, Message, Receive, Scope, Send
from stacks.local.measuring import VARIABLE

_SAVE_EVERY_S = 3.0
_GRACE_S = 2.0
_logger = logging.getLogger("nightdesk.cloud")


class Saver:
    """Writes the state of those services whose state differs from what was written last."""

    def __init__(self) -> None:
        self._written: dict[str, str] = {}

    def save(self) -> None:
        """Write what changed since the last call."""
        for service, state_of in ministack._build_persistence_save_dict().items():  # noqa: SLF001 - its own shutdown calls this
            # State that changes while it is copied raises here; the next round gets it.
            with suppress(RuntimeError):
                self._save_service(service, state_of)

    def _save_service(self, service: str, state_of: Callable[[], Any]) -> None:
        state = state_of()
        if state is None:
            return
        text = json.dumps(state, default=persistence._json_default, sort_keys=True)  # noqa: SLF001 - as it writes it
        digest = hashlib.sha256(text.encode()).hexdigest()
        if self._written.get(service) != digest:
            persistence.save_state(service, state)
            self._written[service] = digest


class Desk:
    """Two requests of the desk's own beside those of the emulator: which instance is this, and save now."""

    def __init__(self, application: Application, saver: Saver) -> None:
        self._application = application
        self._saver = saver

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the desk's own requests and pass on all others."""
        if scope["type"] == "http" and scope["path"] == "/-/instance":
            await _answer(send, str(os.getpid()))
        elif scope["type"] == "http" and scope["path"] == "/-/save" and scope["method"] == "POST":
            await asyncio.to_thread(self._saver.save)
            await _answer(send, "saved")
        else:
            await self._application(scope, receive, send)


async def _answer(send: Send, text: str) -> None:
    start: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
    await send(start)
    await send({"type": "http.response.body", "body": text.encode()})


async def _save_regularly(saver: Saver) -> None:
    while True:
        await asyncio.sleep(_SAVE_EVERY_S)
        await asyncio.to_thread(forget_old_streams)
        await asyncio.to_thread(end_idle)
        await asyncio.to_thread(saver.save)


def _configuration(port: int) -> Config:
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = _GRACE_S
    config.loglevel = "WARNING"
    return config


async def _serve(port: int, secret: str, origin: str) -> None:
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stopping.set)
    saver = Saver()
    guarded = Guard(Desk(ministack.app, saver), secret=secret, port=port, origins=[origin] if origin else [])
    regularly = asyncio.create_task(_save_regularly(saver))
    await serve(guarded, _configuration(port), shutdown_trigger=stopping.wait)  # type: ignore[arg-type]
    regularly.cancel()


def main() -> None:
    """Serve until SIGTERM, then save and leave, whatever threads may still be doing."""
    environment = os.environ  # noqa: TID251 - written for this process alone by stacks.local.cloud
    secret = environment.pop("NIGHTDESK_DESK_SECRET")
    origin = environment.pop("NIGHTDESK_DESK_ORIGIN", "")
    environment.pop(VARIABLE, None)  # functions run from copies; what measures them would only slow them down
    clear_temporary(Path(sys.argv[1]))
    write_functions_log(Path(sys.argv[2]))
    share_layers()
    try:
        asyncio.run(_serve(int(environment["GATEWAY_PORT"]), secret, origin))
    finally:
        _leave()


def _leave() -> None:
    # A handler still at work keeps a thread of the emulator busy, and the interpreter would wait for it.
    with suppress(Exception):
        lambda_runtime.reset()
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
