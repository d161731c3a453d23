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
        queue_accounts_import: URL of the queue; likewise the other three.
        exchange_gateway_function: Name or ARN that the Lambda client invokes; likewise `market_proxy_function`.
        anchors_bucket: Where signed anchors of the ledger are kept; `anchors_key` the KMS key that signs them.
        vault_key: `kms:<key arn>` or `file:<path of a 0600 file>`.
        venues_route: `direct`, or `local:<host>:<port>:<ca file>` for the paper exchange.
        market_clock: `wall`, or the paper exchange's admin URL whose clock is followed.
        allowed_origin: The one origin that pages come from, e.g. `https://desk.example`.
        webhook_signing_secret: Secrets Manager id of the server's secret for webhook signatures.
        fx_secret: Secrets Manager id of the Open Exchange Rates application id.
        caps_secret: Likewise of the CoinMarketCap key.
        queue_alerts: URL of the queue of alerts; likewise `queue_actions` and
            `queue_rules_evaluate`.
        rules_shadow_days: So long a rule set with dangerous actions runs in shadow before it may go live.
        alerts_send_function: Name or ARN of the alerts' sender; likewise `alerts_watch_function`.
        alerts_key: Like `vault_key`, of the key that channels' addresses are sealed with.
        notify_route: `direct`, or `local:<host>:<port>:<names,…>:<ca file>` for channels' stand-ins on one machine.
        mail_sender: Whom e-mails come from; empty where e-mail is not set up.
        push_secret: Secrets Manager id of the text that the key for web push is derived from.
        health_port: Where a long-lived service answers `GET /health`; each needs one of its own.
        streams_venues: The venues whose public data is streamed.
        streams_raw: Hot venues whose messages are decoded by msgspec instead of ccxt.pro: a tenth of the time.
        streams_shares: Into so many parts each venue's markets are divided among the streamers; the same everywhere.
        streams_member: This streamer's name among them, the same over restarts; empty is the machine's name.
        streams_lease_s: So long after a streamer died its markets go to another.
        streams_symbols: Markets that are always streamed, `BTC/USDT,ETH/USDT`, besides those of held assets.
        streams_markets_max: A venue of no more markets is streamed whole; 400 fit on two connections.
        streams_flush_ms: Prices and forming bars are published at most so often.
        streams_stale_after_s: After such a silence the venue is asked whether it is real, and reconnected to.
        streams_backfill_bars: So many one-minute bars are fetched for a series that has none.
        quality_spike_bp: A price so many basis points from the median of other venues is refused.
        quality_spike_alone_bp: Likewise from its own recent median, where no other venue tells one.
        quality_hold_s: A refused level that holds so long is believed, where at most one other venue contradicts it.
        quality_hold_against_s: Likewise where two or more do.
        quality_stuck_after_s: The very same price for so long is stuck, when others moved meanwhile.
        quality_stale_after_s: Nothing told for so long is stale, when others moved meanwhile.
        streams_claim_after_s: A batch of candles that no writer acknowledged for so long is taken over.
        queue_candles_backfill: URL of the queue of ranges of history.
        backfill_days: So far back the minutes of held and always streamed markets are fetched; 0: from their listing.
        backfill_whole_venues: Whether every market that is streamed gets its history, not only these.
        candles_keep_months: One-minute bars of so many whole months are kept, longer bars for ever; 0: all.
        candles_compress_after_months: Where Timescale is, older minutes are compressed.
        candles_retention: `told`: what would be dropped is only told; `done`: it is dropped.
        records_valuation_months: What valuations rest on is kept whole for so many months, then by the day; 0: all.
        records_refusal_days: Counts of refused prices are kept for so many days; 0: all.
        records_retention: As for candles.
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
        forwarder_address: What venues see of the forwarder, or of a process that leaves by its own address, for people;
            keys are tied to it at the venue.
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
    queue_files_import: str | None = None
    queue_trades_inbound: str | None = None
    event_bus: str | None = None
    exchange_gateway_function: str | None = None
    market_proxy_function: str | None = None
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
    caps_secret: str | None = None
    anchors_bucket: str | None = None
    anchors_key: str | None = None
    queue_alerts: str | None = None
    queue_rules_evaluate: str | None = None
    rules_shadow_days: float = Field(default=3.0, ge=0, le=365)
    queue_actions: str | None = None
    alerts_send_function: str | None = None
    alerts_watch_function: str | None = None
    alerts_key: str | None = None
    notify_route: str = "direct"
    mail_sender: str = ""
    push_secret: str | None = None
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=0, ge=0, le=65535)
    streams_venues: str = "binance,kraken,coinbase,bitfinex,htx"
    streams_raw: str = ""
    streams_shares: int = Field(default=1, ge=1, le=64)
    streams_member: str = ""
    streams_lease_s: float = Field(default=8.0, ge=1, le=60)
    streams_symbols: str = ""
    streams_markets_max: int = Field(default=200, ge=1, le=400)
    streams_flush_ms: int = Field(default=100, ge=10, le=10_000)
    streams_stale_after_s: float = Field(default=5.0, gt=0, le=60)
    streams_backfill_bars: int = Field(default=1500, ge=0, le=100_000)
    queue_candles_backfill: str | None = None
    backfill_days: int = Field(default=0, ge=0, le=10_000)
    backfill_whole_venues: bool = False
    candles_keep_months: int = Field(default=0, ge=0, le=1200)
    candles_compress_after_months: int = Field(default=3, ge=1, le=1200)
    candles_retention: Literal["told", "done"] = "told"
    records_valuation_months: int = Field(default=24, ge=0, le=1200)
    records_refusal_days: int = Field(default=90, ge=0, le=36500)
    records_retention: Literal["told", "done"] = "told"
    quality_spike_bp: int = Field(default=500, ge=50, le=9_000)
    quality_spike_alone_bp: int = Field(default=2000, ge=50, le=9_000)
    quality_hold_s: float = Field(default=10.0, ge=0, le=600)
    quality_hold_against_s: float = Field(default=60.0, ge=0, le=3600)
    quality_stuck_after_s: float = Field(default=120.0, ge=1, le=3600)
    quality_stale_after_s: float = Field(default=60.0, ge=1, le=3600)
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

    @property
    def streamed_venues(self) -> tuple[str, ...]:
        """The venues whose public data is streamed, each once."""
        return _names(self.streams_venues)

    @property
    def raw_venues(self) -> tuple[str, ...]:
        """The venues whose messages are decoded by us, each once."""
        return _names(self.streams_raw)

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


def _names(text: str) -> tuple[str, ...]:
    """Lower-case names with commas between, each once."""
    return tuple(dict.fromkeys(name for one in text.split(",") if (name := one.strip().lower())))
