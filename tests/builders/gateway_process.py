"""The feed gateway as a process of its own, with a user pool of the test's."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from nightdesk.adapters.aws.tokens import CognitoTokenVerifier
from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.identity import PostgresIdentityUnits
from nightdesk.identity.model import SignedIn
from nightdesk.identity.service import IdentityService
from nightdesk.runtime.clock import SystemClock
from stacks.local.measuring import measured
from stacks.local.ports import free_port
from tests.builders.browser import ORIGIN
from tests.builders.tokens import CLIENT_ID, TokenIssuer
from tests.servers import ROOT, end_process


@dataclass(slots=True)
class GatewayProcess:
    """Serves at one port, over as many lives as it is started."""

    database_url: str
    valkey_url: str
    log_file: Path
    port: int = field(default_factory=free_port)
    issuer: TokenIssuer = field(default_factory=TokenIssuer)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql/live"

    def sign_in(self) -> SignedIn:
        """A new user with a tenant of their own."""
        clock, database = SystemClock(), Database(self.database_url)
        verifier = CognitoTokenVerifier(
            jwks_url=self.issuer.jwks_url, issuer=self.issuer.issuer, client_id=CLIENT_ID, clock=clock
        )
        units = PostgresIdentityUnits(database)
        service = IdentityService(provider=self.issuer, verifier=verifier, units=units, clock=clock, new_id=uuid4)
        try:
            return service.sign_in(f"{uuid4().hex}@example.com", "any")
        finally:
            database.close()

    def start(self) -> None:
        """Run it."""
        own = {
            "database_url": self.database_url,
            "valkey_url": self.valkey_url,
            "feed_port": str(self.port),
            "allowed_origin": ORIGIN,
            "user_pool_client_id": CLIENT_ID,
            "jwks_url": self.issuer.jwks_url,
            "token_issuer": self.issuer.issuer,
            "exchange_gateway_function": "none",
            "queue_accounts_import": "none",
            "queue_accounts_refresh": "none",
        }
        environment = {f"NIGHTDESK_{name.upper()}": value for name, value in own.items()}
        environment |= {"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}"}
        environment |= {"AWS_DEFAULT_REGION": "eu-central-1", **measured()}
        with self.log_file.open("ab") as log:
            command = [sys.executable, "-m", "fargate.feed_gateway"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    async def ready(self) -> None:
        """Wait until it is well."""
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(self._is_well):
                assert self.process
                assert self.process.poll() is None, self.log_file.read_text()
                await asyncio.sleep(0.05)

    def kill(self) -> None:
        """Kill it with -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def end(self) -> None:
        """Ask it to stop, if it runs."""
        if self.process is not None:
            end_process(self.process)
            self.process = None

    def _is_well(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=2):
                return True
        except OSError:
            return False


@contextmanager
def gateway_process(database_url: str, valkey_url: str, log_file: Path) -> Iterator[GatewayProcess]:
    """Not started yet; gone with the block."""
    made = GatewayProcess(database_url, valkey_url, log_file)
    try:
        yield made
    finally:
        made.end()
        made.issuer.stop()
