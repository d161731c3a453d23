"""A whole desk on this machine, started and stopped as one."""

import fcntl
import os
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psutil

from stacks import parameters
from stacks.local.demo import Demo
from stacks.local.plan import DEMO_EMAIL, Choices, Plan
from stacks.local.ports import is_free
from stacks.local.programs import Servers, programs
from stacks.local.supervision import Supervision, end_leftover, end_marked
from stacks.local.synthesis import synthesise
from stacks.local.waiting import wait_until
from stacks.project import PROJECT

_DEPLOY_TIMEOUT_S = 240.0
_API_TIMEOUT_S = 180.0  # its first call loads everything; a busy machine takes its time
_LOOK_EVERY_S = 0.5
_LOCK = "lock"  # held while a desk runs; says the process id of its run


class Refused(RuntimeError):
    """The desk can't start; the message is one clear sentence for whoever tried."""


class Desk:
    """PostgreSQL, Valkey, the local cloud with its functions, the paper exchange, the services and the front.

    Everything binds to 127.0.0.1 and keeps its data in `state_dir`. A second desk may run beside it in a state
    directory of its own, with `Choices(port=0)`.
    """

    def __init__(
        self,
        state_dir: Path = PROJECT / ".nightdesk",
        choices: Choices | None = None,
        *,
        report: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self.choices = choices or Choices()
        self.state_dir = state_dir.resolve()
        self._report = report
        self._supervision = Supervision(self.state_dir)
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None
        self._lock: IO[str] | None = None
        self._plan: Plan | None = None

    @property
    def plan(self) -> Plan:
        """Ports, passwords and the secret of this start.

        Raises:
            Refused: The desk was not started.
        """
        if self._plan is None:
            raise Refused("The desk was not started.")
        return self._plan

    @property
    def servers(self) -> Servers:
        """PostgreSQL, Valkey and the local cloud, for tests that talk to them."""
        return Servers.of(self.plan)

    @property
    def url(self) -> str:
        """The address of the page and the API."""
        return self.plan.origin

    @property
    def paper_admin_url(self) -> str:
        """The address of the paper exchange's administration."""
        return f"http://127.0.0.1:{self.plan.ports['paper_admin']}"

    @property
    def paper_admin_token(self) -> str:
        """The token that the paper exchange's administration demands."""
        return (self.plan.paper_dir / "admin.token").read_text().strip()

    @property
    def sign_in(self) -> tuple[str, str]:
        """The demo user's address and password."""
        return DEMO_EMAIL, self.plan.demo_password

    def process_ids(self) -> Mapping[str, int]:
        """Return the process id of each supervised program that runs."""
        return self._supervision.process_ids()

    def start(self) -> Self:
        """Start everything and wait until the API answers.

        Raises:
            Refused: It can't start, in one clear sentence.
        """
        self._take_lock()
        try:
            self._start()
        except Refused:
            self.stop()
            raise
        except (TimeoutError, RuntimeError) as error:
            self.stop()
            raise Refused(f"{error} The logs in {self.state_dir / 'logs'} say more.") from error
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End everything within 10 s; data stays."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()
        self._supervision.stop()
        if self._plan is not None:
            self.servers.valkey.end_leftover()  # it overwrites its environment, and the desk's mark with it
        self._release_lock()

    def wait(self) -> None:
        """Return when the desk is stopped by another thread or a signal."""
        self._stopping.wait()

    def memory_mib(self) -> float:
        """Return what all processes of the desk take together; shared pages count once."""
        total = 0
        for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
            with suppress(psutil.Error):
                memory = process.memory_full_info()
                total += getattr(memory, "pss", memory.uss)
        return total / 1024**2

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> None:
        end_leftover(self.state_dir)
        self._check()
        self._plan = Plan.make(self.state_dir, self.choices)
        self._plan.write()
        self._plan.deployed_file.unlink(missing_ok=True)
        self._plan.failure_file.unlink(missing_ok=True)
        with ThreadPoolExecutor(1) as beside:
            synthesis = beside.submit(synthesise, self._plan.assembly)
            self._start_servers()
            self._report("Synthesising the stacks" if not synthesis.done() else "The stacks are synthesised")
            synthesis.result()
        self._supervision.start_program("keeper")
        self._watch()
        self._await_api()
        if self.choices.demo and self.choices.venues == "paper":
            self._connect_demo()

    def _connect_demo(self) -> None:
        try:
            Demo(self.plan, self._report).connect()
        except (RuntimeError, OSError) as error:
            # The desk itself runs; whoever signs in can connect accounts.
            self._report(f"The demo's accounts could not all be connected: {error}")

    def _check(self) -> None:
        if shutil.which("node") is None:
            raise Refused("Nightdesk needs Node.js 20 or newer on the PATH.")
        if self.choices.port and not is_free(self.choices.port):
            raise Refused(f"Port {self.choices.port} is taken by another program; choose one with PORT=.")
        if self.choices.replay and not Path(self.choices.replay).is_file():
            raise Refused(f"There is no file {self.choices.replay} to replay.")

    def _start_servers(self) -> None:
        servers = self.servers
        self._report("Starting PostgreSQL, Valkey, the local cloud and the paper exchange")
        servers.postgres.prepare()
        servers.valkey.prepare()
        servers.cloud.prepare()
        self.plan.paper_dir.mkdir(exist_ok=True, mode=0o700)
        self._supervision.configure(programs(self.plan, servers), later=["keeper"])
        self._supervision.start()
        servers.postgres.wait_ready()
        master = parameters.database_user(parameters.MASTER)
        password = self.plan.passwords[parameters.MASTER]
        servers.postgres.create_database(parameters.DATABASE_NAME, owner=master, owner_password=password)
        servers.valkey.wait_ready()
        wait_until(servers.cloud.is_healthy, 30, "The local cloud does not answer")

    def _await_api(self) -> None:
        try:
            wait_until(self.plan.deployed_file.exists, _DEPLOY_TIMEOUT_S, "The stacks were not deployed")
        except TimeoutError as error:
            failure = self.plan.failure_file
            raise TimeoutError(f"{error} {failure.read_text().strip() if failure.exists() else ''}") from error
        self._report("Waiting for the API")
        wait_until(self._is_api_up, _API_TIMEOUT_S, "The API does not answer")

    def _is_api_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/health", timeout=20) as answer:  # noqa: S310 - our own
                return bool(answer.status == 200)  # noqa: PLR2004 - OK
        except (urllib.error.URLError, OSError):
            return False

    def _watch(self) -> None:
        self._watcher = threading.Thread(target=self._keep_supervised, name="watch", daemon=True)
        self._watcher.start()

    def _keep_supervised(self) -> None:
        while not self._stopping.wait(_LOOK_EVERY_S):
            if not self._supervision.is_running():
                self._report("The supervisor died; starting everything again")
                end_marked(self.state_dir)
                self.servers.postgres.end_leftover()
                self._supervision.start()
                time.sleep(1)
                self._supervision.start_program("keeper")

    def _take_lock(self) -> None:
        self.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = (self.state_dir / _LOCK).open("a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._release_lock()
            raise Refused(f"A desk is already running in {self.state_dir}; stop it first.") from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def _release_lock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def forget(state_dir: Path) -> None:
    """Stop the desk of a state directory, if one runs, and remove its data."""
    for part in [state_dir / "live", state_dir]:
        _stop_running(part / _LOCK)
        end_leftover(part)
        with suppress(OSError, ValueError):
            Servers.of(Plan.read(part / "plan.json")).postgres.forget()
    shutil.rmtree(state_dir, ignore_errors=True)


def _stop_running(lock: Path) -> None:
    with suppress(OSError, ValueError, psutil.Error), lock.open("r+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            process = psutil.Process(int(held.read()))
            process.terminate()
            process.wait(15)
