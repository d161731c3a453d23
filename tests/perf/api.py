"""How fast the API is: cold imports, and warm requests behind a Runtime API."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import jwt
import psycopg
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from nightdesk.adapters.postgres.database import Database
from nightdesk.adapters.postgres.holdings import PostgresHoldingStore
from nightdesk.adapters.postgres.ledger import PostgresLedgerStore
from nightdesk.adapters.redis.client import valkey
from nightdesk.adapters.redis.price_book import ValkeyPriceBook
from nightdesk.kernel.assets import AssetId, Instrument, VenueId
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.markets.model import Price
from nightdesk.portfolio.projection import LedgerRecorder
from nightdesk.runtime.clock import SystemClock
from tests.builders.ledger import trade
from tests.fakes.desk import ORIGIN, event
from tests.perf.lambda_runtime import LambdaFunction
from tests.perf.rows import Row, percentile
from tests.servers import ROOT, Servers

POSITIONS = 200
REQUESTS = 300
ISSUER, CLIENT = "https://issuer.example/pool", "client"
COLD_FUNCTIONS = ("api", "graphql", "webhooks", "ledger_record")


def bench_cold_imports() -> list[Row]:
    """A fresh interpreter imports a handler: the best of five, as other work may disturb one."""
    bars = {"graphql": ""}
    return [
        Row(name=f"cold import of {name}", value=_import_s(name), unit="s", bar=bars.get(name, "<= 1"))
        for name in COLD_FUNCTIONS
    ]


def bench_portfolio(servers: Servers) -> list[Row]:
    """GET /portfolio with 200 positions: token, row-level security, prices, JSON."""
    postgres, cache_url = servers.postgres(), servers.valkey_url()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    with published(key) as keys_url:
        subject = _fill(postgres.url("superuser"), postgres.url("app"), cache_url)
        environment = {
            "NIGHTDESK_DATABASE_URL": postgres.url("app"),
            "NIGHTDESK_VALKEY_URL": cache_url,
            "NIGHTDESK_USER_POOL_ID": "pool",
            "NIGHTDESK_USER_POOL_CLIENT_ID": CLIENT,
            "NIGHTDESK_TOKEN_ISSUER": ISSUER,
            "NIGHTDESK_JWKS_URL": keys_url,
            "NIGHTDESK_EXCHANGE_GATEWAY_FUNCTION": "gateway",
            "NIGHTDESK_QUEUE_ACCOUNTS_IMPORT": "http://127.0.0.1/import",
            "NIGHTDESK_QUEUE_ACCOUNTS_REFRESH": "http://127.0.0.1/refresh",
            "NIGHTDESK_QUEUE_FILES_IMPORT": "http://127.0.0.1/files",
            "NIGHTDESK_QUEUE_ALERTS": "http://127.0.0.1/alerts",
            "NIGHTDESK_QUEUE_ACTIONS": "http://127.0.0.1/actions",
            "NIGHTDESK_ALERTS_SEND_FUNCTION": "alerts-send",
            "NIGHTDESK_ALLOWED_ORIGIN": ORIGIN,
        }
        headers = {"Authorization": f"Bearer {_token(key, subject)}"}
        with LambdaFunction("functions.api.handler.handler", environment) as function:
            return _measure(function, event("GET", "/api/v1/portfolio", None, headers))


def _measure(function: LambdaFunction, request: dict[str, Any]) -> list[Row]:
    started_s = time.perf_counter()
    first = function.invoke(request)
    first_ms = (time.perf_counter() - started_s) * 1000
    held = len(json.loads(first["body"]).get("holdings", ())) - 1  # the quote asset is one more
    times_ms = []
    for _ in range(REQUESTS):
        started_s = time.perf_counter()
        function.invoke(request)
        times_ms.append((time.perf_counter() - started_s) * 1000)
    return [
        Row(name="positions in the portfolio measured", value=held, unit="positions", bar=f">= {POSITIONS}"),
        Row(name="GET /portfolio, first request", value=first_ms, unit="ms"),
        Row(name="GET /portfolio, warm, p50", value=percentile(times_ms, 0.5), unit="ms"),
        Row(name="GET /portfolio, warm, p95", value=percentile(times_ms, 0.95), unit="ms", bar="<= 100"),
    ]


def _import_s(name: str) -> float:
    code = f"import time; t = time.perf_counter(); import functions.{name}.handler; print(time.perf_counter() - t)"
    command = [sys.executable, "-c", code]
    environment = {"PYTHONPATH": f"{ROOT / 'layers'}:{ROOT}"}
    runs = [
        float(subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True).stdout)
        for _ in range(5)
    ]
    return min(runs)


def _fill(superuser_url: str, app_url: str, cache_url: str) -> str:
    """A user whose one account holds so many assets, each with a price; the user's subject."""
    tenant_id, account_id, subject = TenantId(uuid4()), AccountId(uuid4()), str(uuid4())
    now = SystemClock().now()
    with psycopg.connect(superuser_url) as connection:
        connection.execute(
            "INSERT INTO tenants (tenant_id, name, created_at) VALUES (%s, 'bench', %s)", (tenant_id, now)
        )
        user = (user_id := uuid4(), tenant_id, subject, f"{subject}@example.com", now)
        connection.execute(
            "INSERT INTO users (user_id, tenant_id, subject, email, created_at) VALUES (%s, %s, %s, %s, %s)", user
        )
        connection.execute(
            "INSERT INTO sessions (tenant_id, session_id, user_id, started_at) VALUES (%s, %s, %s, %s)",
            (tenant_id, subject, user_id, now),
        )
        connection.execute(
            "INSERT INTO accounts (tenant_id, account_id, venue, label, state, created_at)"
            " VALUES (%s, %s, 'binance', 'bench', 'active', %s)",
            (tenant_id, account_id, now),
        )
    symbols = [f"A{number}/USDT" for number in range(POSITIONS)]
    facts = [trade(number, "2", "-100", symbol=symbol) for number, symbol in enumerate(symbols, 1)]
    database = Database(app_url)
    with database.transaction(tenant_id=tenant_id) as connection:
        recorder = LedgerRecorder(PostgresLedgerStore(connection), PostgresHoldingStore(connection))
        recorder.record(tenant_id, account_id, facts, recorded_at=now, correlation_id=CorrelationId("bench-portfolio"))
    database.close()
    venue, usdt = VenueId("binance"), AssetId("USDT")
    instruments = [Instrument(venue, AssetId(symbol.partition("/")[0]), usdt) for symbol in symbols]
    ValkeyPriceBook(valkey(cache_url)).put(
        Price(instrument=instrument, last=Decimal("60.5"), at=now) for instrument in instruments
    )
    return subject


def _token(key: rsa.RSAPrivateKey, subject: str) -> str:
    issued_s = int(SystemClock().now().timestamp())
    claims = {
        "sub": subject,
        "iss": ISSUER,
        "client_id": CLIENT,
        "token_use": "access",
        "iat": issued_s,
        "exp": issued_s + 3600,
        "origin_jti": subject,
    }
    return jwt.encode(claims, key, algorithm="RS256", headers={"kid": "bench"})


@contextmanager
def published(key: rsa.RSAPrivateKey) -> Iterator[str]:
    """The address at which the key's public half can be read, as a user pool publishes its own."""
    public = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    content = json.dumps({"keys": [{**public, "kid": "bench", "use": "sig", "alg": "RS256"}]}).encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Published, content))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/jwks.json"
    finally:
        server.shutdown()
        server.server_close()


class _Published(BaseHTTPRequestHandler):
    def __init__(self, content: bytes, *arguments: Any) -> None:
        self._content = content
        super().__init__(*arguments)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self._content)))
        self.end_headers()
        self.wfile.write(self._content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
