"""One row of every table that belongs to a tenant, and the rights that each role has on it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg

READ, ADD, CHANGE, REMOVE = "SELECT", "INSERT", "UPDATE", "DELETE"

RIGHTS: dict[str, dict[str, set[str]]] = {
    "tenants": {"app": {READ, ADD}},
    "users": {"app": {READ, ADD, CHANGE}},
    "sessions": {"app": {READ, ADD, CHANGE}},
    "accounts": {"app": {READ, ADD, CHANGE, REMOVE}, "gateway": {READ}},
    "account_keys": {"app": {READ}, "gateway": {READ, ADD, CHANGE}},
    "key_drills": {"app": {READ, ADD}},
    "credentials": {"gateway": {READ, ADD, CHANGE, REMOVE}},
    "credential_versions": {"gateway": {READ, ADD, CHANGE, REMOVE}},
    "credential_uses": {"app": {READ}, "gateway": {READ, ADD, CHANGE}},
    "imports": {"app": {READ, ADD, CHANGE}, "outbox": {READ, CHANGE}},
    "import_cursors": {"app": {READ, ADD, CHANGE, REMOVE}},
    "import_skips": {"app": {READ, ADD}},
    "reported_balances": {"app": {READ, ADD, CHANGE, REMOVE}},
    "reported_positions": {"app": {READ, ADD, REMOVE}},
    "ledger_heads": {"app": {READ, ADD, CHANGE}},
    "ledger_entries": {"app": {READ, ADD}},
    "ledger_legs": {"app": {READ, ADD}},
    "ledger_doubts": {"app": {READ, ADD}},
    "ledger_sums": {"app": {READ, ADD, CHANGE}},
    "ledger_anchors": {"app": {READ, ADD}},
    "ledger_quarantine": {"app": {READ, ADD, CHANGE}},
    "asset_names": {"app": {READ, ADD, CHANGE}},
    "transfer_routes": {"app": {READ, ADD, CHANGE}},
    "transfer_links": {"app": {READ, ADD, CHANGE}},
    "transfer_sides": {"app": {READ, ADD, CHANGE}},
    "transfer_costs": {"app": {READ, ADD, CHANGE, REMOVE}},
    "inbox_findings": {"app": {READ, ADD, CHANGE}},
    "inbox_events": {"app": {READ, ADD}},
    "balance_checkpoints": {"app": {READ, ADD, CHANGE}},
    "balance_checks": {"app": {READ, ADD, CHANGE, REMOVE}},
    "holdings": {"app": {READ, ADD, CHANGE, REMOVE}},
    "formula_versions": {"app": {READ, ADD}},
    "chart_layouts": {"app": {READ, ADD, CHANGE, REMOVE}},
    "chart_point_sets": {"app": {READ, ADD, CHANGE, REMOVE}},
    "chart_points": {"app": {READ, ADD, CHANGE, REMOVE}},
    "chart_shares": {"app": {READ, ADD, CHANGE}},
    "file_mappings": {"app": {READ, ADD, CHANGE, REMOVE}},
    "files": {"app": {READ, ADD, CHANGE}, "outbox": {READ}},
    "file_chunks": {"app": {READ, ADD, CHANGE, REMOVE}},
    "file_rows": {"app": {READ, ADD}},
    "file_entry_details": {"app": {READ, ADD}},
    "file_claims": {"app": {READ, ADD}},
    "orders": {"app": {READ, ADD, CHANGE}},
    "order_steps": {"app": {READ, ADD}},
    "order_limits": {"app": {READ, ADD, CHANGE}},
    "halts": {"app": {READ, ADD, CHANGE}, "outbox": {READ, ADD, CHANGE}},
    "trading_audit": {"app": {READ, ADD}},
    "outbox": {"app": {ADD}, "outbox": {READ, CHANGE, REMOVE}},
    "action_firings": {"app": {READ, ADD, CHANGE}},
    "action_runs": {"app": {READ, ADD, CHANGE}},
    "action_intents": {"app": {READ, ADD, CHANGE}},
    "action_confirmations": {"app": {READ, ADD, CHANGE}},
    "alert_channels": {"app": {READ, ADD, CHANGE}, "alerts": {READ, CHANGE}},
    "alert_channel_secrets": {"alerts": {READ, ADD, CHANGE, REMOVE}},
    "alert_preferences": {"app": {READ, ADD, CHANGE}, "alerts": {READ}},
    "alerts": {"app": {READ, ADD, CHANGE}, "alerts": {READ}},
    "alert_deliveries": {"app": {READ, ADD, CHANGE}, "alerts": {READ, ADD, CHANGE}},
    "alert_canaries": {"app": {READ, ADD, CHANGE, REMOVE}, "alerts": {READ, CHANGE}},
    "signal_hooks": {"app": {READ, ADD, CHANGE, REMOVE}},
    "signals": {"app": {READ, ADD, CHANGE}},
    "datafeed_tokens": {"app": {READ, ADD, CHANGE, REMOVE}},
    "latest_signals": {"app": {READ, ADD, CHANGE}},
    "rule_sets": {"app": {READ, ADD, CHANGE}, "outbox": {READ}},
    "rule_set_versions": {"app": {READ, ADD}},
    "rule_audit": {"app": {READ, ADD}},
    "rule_states": {"app": {READ}},
    "portfolio_valuations": {"app": {READ}},
    "rule_candidates": {"app": {READ, ADD, CHANGE}, "outbox": {ADD}},
    "rule_firings": {"app": {READ, ADD}},
    "candle_asks": {"app": {READ, ADD, CHANGE}},
}
ROLES = ("app", "gateway", "outbox", "alerts")
CROSSING = {
    ("outbox", "outbox"),
    ("outbox", "imports"),
    ("outbox", "accounts"),
    ("outbox", "files"),
    ("outbox", "ledger_heads"),
    ("outbox", "ledger_anchors"),
    ("outbox", "orders"),
    ("outbox", "action_firings"),
    ("outbox", "rule_candidates"),
    ("outbox", "rule_sets"),
    ("outbox", "alert_channels"),
    ("outbox", "alert_deliveries"),
    ("outbox", "alert_canaries"),
    ("gateway", "credential_versions"),
}
"""Role and table where it is the role's work to see every tenant's rows."""

# A tracker of another test may read these.
_DEFINITION = (
    '{"rules": [], "actions": [], "repeating": false, "cooldown_s": 0, "active_hours": null, "policy": "stop"}'
)
_STATE = '{"nodes": {}, "released": true, "firings": 0, "last_fired_at": null}'
_RULE_SET = "(SELECT rule_set_id FROM rule_sets WHERE tenant_id = %(tenant)s LIMIT 1)"
_VALUES = {
    "rule_sets": f"%(tenant)s, %(other)s, %(tenant)s, 'x', 1, 'draft', '{_DEFINITION}', 0, 0, NULL, NULL, NULL, now(),"
    " NULL, now()",
    "rule_set_versions": f"%(tenant)s, {_RULE_SET}, (random() * 1000000000)::int, 'x', '{{}}', %(user)s, now()",
    "rule_audit": f"%(tenant)s, {_RULE_SET}, DEFAULT, 1, %(user)s, 'created', now(), 'x'",
    "rule_states": f"%(tenant)s, %(other)s, 1, now(), '{_STATE}', now()",
    "rule_candidates": "%(tenant)s, %(other)s, %(other)s, 1, now(), now(), '{}', '{}', '{}', now(), 'x', now(), NULL,"
    " NULL, NULL",
    "rule_firings": f"%(tenant)s, {_RULE_SET}, %(other)s, (random() * 1000000000)::int, 1, 'live', now(), now(), 'x',"
    " '{}', 'x'",
    "alert_channels": "%(tenant)s, %(other)s, 'email', 'x', 'x', 'verified', NULL, 'info', '{}', false, 300,"
    " NULL, NULL, 0, now()",
    "alert_channel_secrets": "%(tenant)s, %(other)s, 'x', 'x', 'x', 'x', now()",
    "alert_preferences": "%(tenant)s, '{}', now()",
    "alerts": "%(tenant)s, %(other)s, %(text)s, 'rule', 'info', 'x', 'x', '{}', NULL, 'x', NULL, NULL, NULL, now()",
    "alert_deliveries": "%(tenant)s, %(other)s, (SELECT alert_id FROM alerts a WHERE a.tenant_id = %(tenant)s"
    " AND NOT EXISTS (SELECT FROM alert_deliveries d WHERE d.tenant_id = a.tenant_id AND d.alert_id = a.alert_id)"
    " LIMIT 1), %(account)s, 'waiting', 'now', now(), now(), false",
    "alert_canaries": "%(tenant)s, %(other)s, %(account)s, clock_timestamp()",
    "signal_hooks": "%(tenant)s, %(other)s, sha256(%(bytes)s), 'x', 60, 'ignore', 60, now()",
    "datafeed_tokens": "%(tenant)s, %(other)s, %(user)s, sha256(%(bytes)s), 'x', now(), NULL",
    "signals": "%(tenant)s, %(other)s, %(other)s, %(text)s, 'x', '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,"
    " now(), NULL, 'counted', false, false, 'x'",
    "latest_signals": "%(tenant)s, %(text)s, '', %(other)s, NULL, now()",
    "candle_asks": "%(tenant)s, %(text)s, NULL, now()",
    "tenants": "%(tenant)s, 'desk', 'USDT', now()",
    "users": "%(other)s, %(tenant)s, %(text)s, %(text)s, 'owner', 'USDT', 'UTC', now()",
    "sessions": "%(tenant)s, %(text)s, %(user)s, now(), NULL",
    "accounts": "%(tenant)s, %(other)s, 'binance', 'main', 'active', NULL, '', %(bytes)s, '{}', now(), NULL",
    "credentials": "%(tenant)s, %(other)s, 'x', 'x', 'x', 'x', now()",
    "credential_versions": "%(tenant)s, %(other)s, now()",
    "credential_uses": "%(tenant)s, %(other)s, now(), 'x', 'x', 'x', 1, now(), now(), 'x'",
    "account_keys": "%(tenant)s, %(other)s, 'x', now(), 0, NULL, NULL, NULL",
    "key_drills": "%(tenant)s, %(other)s, 'drill', 'x', now(), now(), 1, 0, false, 1",
    "imports": "%(tenant)s, %(account)s, %(other)s, 'done', NULL, 0, 0, 0, 0, 0, 0, NULL, NULL, 0, 'x', now(),"
    " NULL, NULL, NULL",
    "import_cursors": "%(tenant)s, %(other)s, 'x', '{}', now()",
    "import_skips": "%(tenant)s, %(other)s, 'x', 'x', '{}', now()",
    "reported_balances": "%(tenant)s, %(other)s, 'BTC', 1, 1, now()",
    "reported_positions": "%(tenant)s, %(other)s, 'BTC/USDT:USDT', 'long', 1, 1, 1, 1, 'USDT', NULL, now()",
    "portfolio_valuations": "%(tenant)s, clock_timestamp(), 'USDT', 1, '{}'",
    "ledger_heads": "%(tenant)s, %(other)s, 1, 'x'",
    "ledger_entries": "%(tenant)s, %(other)s, 1, %(other)s, 'trade', 'x', 'x', NULL, NULL, now(), now(), 'x',"
    " sha256(''), sha256('')",
    "ledger_legs": "%(tenant)s, %(other)s, 1, 0, 'base', 'BTC', 1, now()",
    "ledger_doubts": "%(tenant)s, %(other)s, 'x', 'x', '{}', now()",
    "ledger_sums": "%(tenant)s, 'day', now(), %(other)s, 'spot', 'BTC', 1",
    "ledger_anchors": "%(tenant)s, %(other)s, 1, sha256(''), now(), 'x', 'x'",
    "ledger_quarantine": "%(tenant)s, %(other)s, 'x', 'binance', '{X}', '{}', now()",
    "asset_names": "%(tenant)s, 'binance', %(text)s, 'BTC', now()",
    "transfer_routes": "%(tenant)s, %(other)s, 'x', NULL, NULL, NULL",
    "transfer_links": "%(tenant)s, %(other)s, 90, '{}', 'desk', now(), NULL, NULL",
    "transfer_sides": "%(tenant)s, (SELECT min(link_id::text)::uuid FROM transfer_links WHERE tenant_id = %(tenant)s),"
    " %(other)s, 'x', true, 'BTC', -1, 0, now(), true",
    "transfer_costs": "%(tenant)s, %(other)s, 'x', 'BTC', 1, '{}'",
    "inbox_findings": "%(tenant)s, %(other)s, %(text)s, 'difference', true, NULL, NULL, NULL, NULL, NULL, NULL, '{}',"
    " 'x', 'open', now(), now(), 0, NULL",
    "inbox_events": "%(tenant)s, %(other)s, DEFAULT, now(), 'raised', 'desk', '', '{}'",
    "balance_checkpoints": "%(tenant)s, %(other)s, 'spot', 'BTC', now(), 1, 1, 'balances'",
    "balance_checks": "%(tenant)s, %(other)s, 'spot', 'BTC', 1, 1, now(), 0, NULL, NULL, NULL",
    "holdings": "%(tenant)s, %(other)s, 'BTC', 1, 1, '{}', '{}', now(), 1, false, now()",
    "file_mappings": "%(tenant)s, %(other)s, %(text)s, repeat('0', 64), '{}', now()",
    "files": "%(tenant)s, %(other)s, %(account)s, 'x', 1, repeat('0', 64), 'done', NULL, NULL, NULL, NULL, NULL, 1, 1,"
    " 0, 0, 0, 1, 1, 1, NULL, NULL, 0, 'x', now(), NULL, NULL, NULL, NULL",
    "file_chunks": "%(tenant)s, %(other)s, 0, 'x'",
    "file_rows": "%(tenant)s, %(other)s, 1, 'x', true, '', '{}'",
    "file_entry_details": "%(tenant)s, %(other)s, 'x', 'x', NULL, NULL, NULL, NULL",
    "file_claims": "%(tenant)s, %(other)s, 'x', %(text)s, now()",
    "formula_versions": "%(tenant)s, 'trend', (SELECT count(*) + 1 FROM formula_versions), '1', '[]', now()",
    "chart_layouts": "%(tenant)s, %(user)s, %(other)s, %(text)s, 1, '{}', now(), now()",
    "chart_point_sets": "%(tenant)s, %(user)s, %(other)s, %(text)s, 'line', 1, now()",
    "chart_points": "%(tenant)s, %(user)s, (SELECT min(set_id::text)::uuid FROM chart_point_sets"
    " WHERE tenant_id = %(tenant)s), clock_timestamp(), 1, ''",
    "chart_shares": "%(tenant)s, %(user)s, %(other)s, 'x', false, sha256(%(bytes)s), '{}', now(), NULL",
    "orders": "%(tenant)s, %(other)s, %(account)s, 'x', %(text)s, NULL, 'BINANCE:BTC/USDT', 'buy', 'market', 1, 1,"
    " NULL,"
    " NULL, 'good_till_cancelled', false, false, false, 'x', 'x', 'open', NULL, NULL, 0, 0, now(), now(), NULL, now(),"
    " NULL, NULL, NULL",
    "order_steps": "%(tenant)s, %(other)s, DEFAULT, now(), 'open', 0, NULL, 'x'",
    "order_limits": "%(tenant)s, %(other)s, '{}'",
    "halts": "%(other)s, %(tenant)s, false, false, 'x', 'x', now(), 'x', now()",
    "trading_audit": "%(tenant)s, DEFAULT, now(), 'x', 'x', '{}'",
    "outbox": "%(other)s, %(tenant)s, 'x', '{}', 'x', now(), NULL",
    "action_firings": "%(tenant)s, %(other)s, %(other)s, %(other)s, 1, 'x', 'x', 'stop', 'x', now(), NULL, 0, now()",
    "action_runs": "%(tenant)s, (SELECT min(firing_id::text)::uuid FROM action_firings WHERE tenant_id = %(tenant)s),"
    " (random() * 1000000000)::int, '{}', 'done'",
    "action_intents": "%(tenant)s, %(text)s, (SELECT firing_id FROM action_runs WHERE tenant_id = %(tenant)s LIMIT 1),"
    " DEFAULT, (SELECT step FROM action_runs WHERE tenant_id = %(tenant)s LIMIT 1), 1, 'act', NULL, NULL, NULL, NULL,"
    " NULL, NULL, NULL, NULL, 'done', NULL, NULL, 0, 0, now()",
    "action_confirmations": "%(tenant)s, sha256(%(bytes)s), %(other)s, 1, 'x', %(other)s, now(), now()",
}


@dataclass(frozen=True, slots=True)
class Owner:
    """A tenant with a user and an account, to which other rows may refer."""

    tenant: UUID
    user: UUID
    account: UUID

    def insert(self, table: str) -> tuple[bytes, dict[str, object]]:
        """A statement that adds one more row of the tenant's."""
        other = uuid4()
        parameters = {
            "tenant": other if table == "tenants" else self.tenant,
            "user": self.user,
            "account": self.account,
            "other": other,
            "text": other.hex,
            "bytes": other.bytes,
        }
        return _insert(table), parameters


_ONE_A_TENANT = {"alert_preferences": " ON CONFLICT (tenant_id) DO UPDATE SET changed_at = now()"}


def _insert(table: str) -> bytes:
    return f"INSERT INTO {table} VALUES ({_VALUES[table]}){_ONE_A_TENANT.get(table, '')}".encode()  # noqa: S608


def new_owner(superuser: psycopg.Connection[tuple[object, ...]]) -> Owner:
    """A tenant with one row in every table."""
    owner = Owner(uuid4(), uuid4(), uuid4())
    named = {"tenant": owner.tenant, "text": owner.user.hex, "bytes": owner.user.bytes}
    own = {"tenants": owner.tenant, "users": owner.user, "accounts": owner.account, "alert_channels": owner.account}
    for table, other in own.items():
        superuser.execute(_insert(table), {**named, "other": other})
    superuser.execute(*owner.insert("alerts"))  # one for each delivery there will be
    for table in [table for table in RIGHTS if table not in {"tenants", "users", "accounts"}]:
        superuser.execute(*owner.insert(table))
    return owner
