"""The servers of a test run: one PostgreSQL, one Valkey, one paper exchange, each started when first asked for.

A run of several workers starts them once in `tests.run` and hands their addresses down in `NIGHTDESK_TEST_SERVERS`;
a single `pytest` starts its own.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

from nightdesk.adapters.postgres.migrate import ROLES, migrate
from stacks.local.ports import free_port
from stacks.local.postgres import PostgresServer
from stacks.local.valkey import ValkeyServer

ROOT = Path(__file__).parents[1]
HANDED_DOWN = "NIGHTDESK_TEST_SERVERS"
DATA = ROOT.parent / "shared" / "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A migrated database; every role of the product may be connected as."""

    port: int
    superuser_password: str
    passwords: dict[str, str]
    database: str = "postgres"

    def url(self, role: str = "app") -> str:
        """The connection string of `owner`, `app`, `gateway`, `outbox` …, or of `superuser`."""
        user, password = f"nightdesk_{role}", self.passwords.get(role, "")
        if role == "superuser":
            user, password = "postgres", self.superuser_password
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{self.database}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A running paper exchange; `route` is what `venues_route` must say to reach it."""

    port: int
    admin_port: int
    state_dir: str

    @property
    def ca_file(self) -> str:
        return f"{self.state_dir}/ca.pem"

    @property
    def admin_url(self) -> str:
        return f"http://127.0.0.1:{self.admin_port}"

    @property
    def admin_token(self) -> str:
        return Path(self.state_dir, "admin.token").read_text().strip()

    @property
    def route(self) -> str:
        return f"local:127.0.0.1:{self.port}:{self.ca_file}"

    def admin(self, method: str, path: str, body: object = None) -> object:
        """Call the administrator's interface and return its JSON."""
        request = urllib.request.Request(
            f"{self.admin_url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.admin_token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")


@dataclass(slots=True)
class Servers:
    """Starts what is asked for, once, and stops it all at the end."""

    state_dir: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="nightdesk-tests-")))
    stack: ExitStack = field(default_factory=ExitStack)
    known: dict[str, object] = field(default_factory=dict)

    def postgres(self) -> Postgres:
        """The shared database."""
        known = self.known.get("postgres") or self._handed_down("postgres")
        if known is None:
            known = asdict(self._start_postgres())
        self.known["postgres"] = known
        return Postgres(**known)  # type: ignore[arg-type]

    def valkey_url(self) -> str:
        """The shared Valkey's address with its password."""
        known = self.known.get("valkey") or self._handed_down("valkey")
        if known is None:
            server = ValkeyServer(self.state_dir / "valkey", port=free_port(), password=secrets.token_hex(12))
            known = self.stack.enter_context(server).url
        self.known["valkey"] = known
        return str(known)

    def paper(self) -> Paper:
        """The shared paper exchange."""
        known = self.known.get("paper") or self._handed_down("paper")
        if known is None:
            known = asdict(self.start_paper(self.state_dir / "paper"))
        self.known["paper"] = known
        return Paper(**known)  # type: ignore[arg-type]

    def start_paper(self, state_dir: Path, *options: str) -> Paper:
        """Another paper exchange of its own, for tests that switch faults on."""
        state_dir.mkdir(parents=True, exist_ok=True)
        paper = Paper(port=free_port(), admin_port=free_port(), state_dir=str(state_dir))
        command = [sys.executable, "-m", "fargate.paper_exchange", "--port", str(paper.port)]
        command += ["--admin-port", str(paper.admin_port), "--state-dir", str(state_dir), *options]
        log = self.stack.enter_context((state_dir / "log").open("ab"))
        environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}"}
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=environment)
        self.stack.callback(_end, process)
        _wait_for(f"{paper.admin_url}/health", process)
        return paper

    def hand_down(self) -> str:
        """What workers need to find the servers that run."""
        return json.dumps(self.known)

    def stop(self) -> None:
        """Stop everything that this object started."""
        self.stack.close()

    def _start_postgres(self) -> Postgres:
        password = secrets.token_hex(12)
        server = PostgresServer(self.state_dir / "postgres", port=free_port(), password=password, durable=False)
        self.stack.callback(server.forget)
        self.stack.enter_context(server)
        passwords = {role: secrets.token_hex(12) for role in ROLES}
        made = Postgres(port=server.port, superuser_password=password, passwords=passwords)
        migrate(made.url("superuser"), passwords)
        return made

    @staticmethod
    def _handed_down(name: str) -> object:
        return json.loads(os.environ.get(HANDED_DOWN, "{}")).get(name)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(8)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(url: str, process: "subprocess.Popen[bytes]", timeout_s: float = 40) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{url} does not answer") from None
            time.sleep(0.05)
        else:
            return
