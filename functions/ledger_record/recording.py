"""Records a reported trade: into the ledger, or among the rows it could not take, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nightdesk.accounts.model import Event, Skip
from nightdesk.accounts.ports import ImportStore, Outbox
from nightdesk.contracts.webhooks import TradeInbound
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId, CorrelationId, TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.ledger.model import Appended, Entry, Fact

RECORDED = "ledger.recorded.v1"


class Recorder(Protocol):
    """Books facts: the ledger and what is projected from it."""

    def record(
        self,
        tenant_id: TenantId,
        account_id: AccountId,
        facts: Sequence[Fact],
        *,
        recorded_at: datetime,
        correlation_id: CorrelationId,
    ) -> Appended:
        """Append what the ledger does not hold yet and fold it."""
        ...


@dataclass(frozen=True, slots=True)
class RecordingUnit:
    """What shares one transaction."""

    recorder: Recorder
    imports: ImportStore
    outbox: Outbox


class RecordingUnits(Protocol):
    """Opens transactions of a tenant."""

    def __call__(self, tenant_id: TenantId) -> AbstractContextManager[RecordingUnit]:
        """A transaction: committed at its end, rolled back when an error leaves it."""
        ...


class TradeRecording:
    """Records trades; the same trade again changes nothing, whichever way it came before."""

    def __init__(self, units: RecordingUnits, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    def record(self, trade: TradeInbound) -> None:
        """Record it, with its event, in one transaction; keep what can't be meant with the reason.

        Raises:
            Unavailable: `database.unavailable`: try again.
        """
        try:
            self._book(trade, trade.as_fact())
        except InvalidInput as error:
            self._skip(trade, error.code)

    def _book(self, trade: TradeInbound, fact: Fact) -> None:
        tenant_id, account_id = TenantId(trade.tenant_id), AccountId(trade.account_id)
        correlation_id, now = CorrelationId(trade.correlation_id), self._clock.now()
        with self._units(tenant_id) as unit:
            appended = unit.recorder.record(
                tenant_id, account_id, (fact,), recorded_at=now, correlation_id=correlation_id
            )
            for entry in appended.entries:
                unit.outbox.add(tenant_id, _event(entry), correlation_id, now)

    def _skip(self, trade: TradeInbound, reason: str) -> None:
        skip = Skip(identity=trade.identity, reason=reason, payload=trade.report.model_dump(mode="json"))
        tenant_id = TenantId(trade.tenant_id)
        with self._units(tenant_id) as unit:
            unit.imports.add_skips(tenant_id, AccountId(trade.account_id), (skip,), self._clock.now())


def _event(entry: Entry) -> Event:
    return Event(
        name=RECORDED,
        payload={
            "account_id": str(entry.account_id),
            "entry_id": str(entry.entry_id),
            "sequence": entry.sequence,
            "kind": entry.fact.kind.value,
        },
    )
