"""Settings of a process: the only reader of the environment."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingMissing(RuntimeError):
    """A process was started without a setting that it needs."""


class Settings(BaseSettings):
    """What `NIGHTDESK_…` says; what only some processes need is optional and asked for with `require`.

    Attributes:
        database_secret: Secrets Manager id of `{host, port, dbname, username, password}`.
        database_url: A conninfo instead of the secret, for local runs and tests.
        outbox_database_secret: Likewise for the role that sees what waits of all tenants; so `outbox_database_url`.
        vault_database_secret: Likewise for the role that reads sealed credentials, where a process needs another
            besides; so `vault_database_url`.
        queue_accounts_import: URL of the queue; likewise the other two.
        exchange_gateway_function: Name or ARN that the Lambda client invokes.
        vault_key: `kms:<key arn>` or `file:<path of a 0600 file>`.
        venues_route: `direct`, or `local:<host>:<port>:<ca file>` for the paper exchange.
        market_clock: `wall`, or the paper exchange's admin URL whose clock is followed.
        allowed_origin: The one origin that pages come from, e.g. `https://desk.example`.
        webhook_signing_secret: Secrets Manager id of the server's secret for webhook signatures.
        fx_secret: Secrets Manager id of the Open Exchange Rates application id.
        health_port: Where a long-lived service answers `GET /health`; each needs one of its own.
        streams_venue: The venue whose public data a market streamer reads.
        streams_symbols: Markets that are always streamed, `BTC/USDT,ETH/USDT`, besides those of held assets.
        streams_markets_max: A venue of no more markets is streamed whole; 400 fit on two connections.
        streams_flush_ms: Prices and forming bars are published at most so often.
        streams_stale_after_s: After such a silence the venue is asked whether it is real, and reconnected to.
        streams_backfill_bars: So many one-minute bars are fetched for a series that has none.
        streams_claim_after_s: A batch of candles that no writer acknowledged for so long is taken over.
        tracker_repair_every_s: How often portfolios' bars that nobody saw are looked for.
        account_streams_max: So many accounts are followed live by one process.
        account_streams_stale_after_s: A private connection is given up after such a silence.
        account_streams_reconcile_every_s: How often an account is compared with its venue while its stream lives.
        balancer: `off`; `direct`: venues are called under the shared budget from the process's own address;
            `forwarders`: likewise, over whatever forwarder has a place.
        balancer_calendar_speed: How many times faster than real the venues' calendars run; 1 except in trials.
        forwarder_secret: What the desk's processes show to forwarders; `forwarder_secret_id` its Secrets Manager id.
        forwarder_bots: JSON `{"<SHA-256 of a token, hexadecimal>": "<bot's name>"}`; nobody else is served.
        forwarder_name: Of the egress; the same over restarts.
        forwarder_url: Where the desk's processes reach the forwarder; empty is its host and port.
        forwarder_address: What venues see, for people; keys are tied to it at the venue.
        xray_address: Set by Lambda where a trace daemon listens; tracing is on only then.
    """

    model_config = SettingsConfigDict(env_prefix="NIGHTDESK_", env_ignore_empty=True, extra="ignore", frozen=True)

    database_secret: str | None = None
    database_url: SecretStr | None = None
    outbox_database_secret: str | None = None
    outbox_database_url: SecretStr | None = None
    vault_database_secret: str | None = None
    vault_database_url: SecretStr | None = None
    valkey_url: str | None = None
    user_pool_id: str | None = None
    user_pool_client_id: str | None = None
    token_issuer: str | None = None
    jwks_url: str | None = None
    queue_accounts_import: str | None = None
    queue_accounts_refresh: str | None = None
    queue_trades_inbound: str | None = None
    event_bus: str | None = None
    exchange_gateway_function: str | None = None
    vault_key: str | None = None
    venues_route: str = "direct"
    service_version: str = "0"
    log_level: str = "INFO"
    market_clock: str = "wall"
    allowed_origin: str | None = None
    feed_host: str = "127.0.0.1"
    feed_port: int = Field(default=8081, ge=0, le=65535)
    webhook_signing_secret: str | None = None
    fx_secret: str | None = None
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=0, ge=0, le=65535)
    streams_venue: str = "binance"
    streams_symbols: str = ""
    streams_markets_max: int = Field(default=200, ge=1, le=400)
    streams_flush_ms: int = Field(default=100, ge=10, le=10_000)
    streams_stale_after_s: float = Field(default=5.0, gt=0, le=60)
    streams_backfill_bars: int = Field(default=1500, ge=0, le=100_000)
    streams_claim_after_s: float = Field(default=5.0, gt=0, le=600)
    tracker_repair_every_s: float = Field(default=60.0, gt=0, le=3600)
    account_streams_max: int = Field(default=300, ge=1, le=1000)
    account_streams_stale_after_s: float = Field(default=5.0, ge=2, le=60)
    account_streams_reconcile_every_s: float = Field(default=180.0, ge=1, le=3600)
    balancer: Literal["off", "direct", "forwarders"] = "off"
    balancer_calendar_speed: int = Field(default=1, ge=1, le=60)
    forwarder_secret: SecretStr | None = None
    forwarder_secret_id: str | None = None
    forwarder_bots: SecretStr | None = None
    forwarder_name: str = "egress-1"
    forwarder_host: str = "127.0.0.1"
    forwarder_port: int = Field(default=8090, ge=0, le=65535)
    forwarder_url: str = ""
    forwarder_address: str = ""
    xray_address: str | None = Field(default=None, validation_alias="AWS_XRAY_DAEMON_ADDRESS")

    def require(self, name: str) -> str:
        """The setting's value.

        Raises:
            SettingMissing: It is not set.
        """
        value = getattr(self, name)
        if value is None:
            raise SettingMissing(f"Set NIGHTDESK_{name.upper()}: this process can't run without it.")
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


@cache
def settings() -> Settings:
    """The settings of this process, read once, at first use."""
    return Settings()
