"""Workers that import until they are killed; forked from one process, for one of their own takes a second to begin."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from functools import cache

from nightdesk.accounts.model import Account
from stacks.local.measuring import VARIABLE
from tests.builders.desk_accounts import DeskAccounts
from tests.servers import ROOT


@cache
def nursery() -> subprocess.Popen[str]:
    """The process that makes them, until the tests end; nothing of it is measured, since its workers are killed."""
    command = [sys.executable, "-m", "tests.integration.accounts_import.nursery"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}"}
    environment.pop(VARIABLE, None)
    made = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(made.terminate)
    return made


def start_worker(desk: DeskAccounts, account: Account, **more: object) -> int:
    """Start one for the account's import; its process id."""
    told = {
        "postgres": asdict(desk.postgres),
        "paper": asdict(desk.paper),
        "key_file": str(desk.key_file),
        "tenant": str(desk.tenant_id),
        "account": str(account.account_id),
        "import": str(desk.progress(account).import_id),
        **more,
    }
    made = nursery()
    assert made.stdin
    assert made.stdout
    print(json.dumps(told), file=made.stdin, flush=True)
    return int(made.stdout.readline())


def kill_after_a_page(desk: DeskAccounts, account: Account, **more: object) -> None:
    """Start a worker, see it write something, kill it in the midst of the next."""
    before = desk.progress(account).rows
    worker = start_worker(desk, account, **more)
    deadline = time.monotonic() + 60
    try:
        while desk.progress(account).rows == before and desk.progress(account).state.is_open:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        _kill(worker)


def _kill(process_id: int) -> None:
    """Kill with -9, and wait until it is gone."""
    with suppress(ProcessLookupError):
        while True:
            os.kill(process_id, signal.SIGKILL)
            time.sleep(0.005)
