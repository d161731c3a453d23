"""Corrections: what was booked stands; a reversal takes it back, and what is right is appended beside it.

Both point to the entry corrected by their identities, which the chain covers, so the same correction asked for twice
is booked once. A correction is an entry like others: it can be corrected in turn.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from nightdesk.kernel.errors import Conflict, InvalidInput, NotFound
from nightdesk.kernel.ids import AccountId, CorrelationId, EntryId, TenantId, entry_id
from nightdesk.ledger.model import Appended, EntryKind, Fact
from nightdesk.ledger.ports import LedgerStore
from nightdesk.ledger.quarantine import Recorder


def reversal_of(account_id: AccountId, fact: Fact, source: str) -> Fact:
    """What takes the fact back, as of the instant at which it happened.

    Raises:
        InvalidInput: It is a reversal itself.
    """
    if fact.kind is EntryKind.REVERSAL:
        raise InvalidInput("ledger.reversal_of_reversal", "A reversal is not taken back: book the event again instead.")
    legs = tuple(replace(leg, amount=leg.amount.copy_negate()) for leg in fact.legs)
    identity = f"reversal:{entry_id(account_id, fact.identity)}"
    return replace(fact, kind=EntryKind.REVERSAL, identity=identity, source=source, legs=legs)


def correction_identity(corrected: EntryId) -> str:
    """The identity of what replaces an entry."""
    return f"correction:{corrected}"


class Corrections:
    """Corrects entries; the store works in the recorder's transaction."""

    def __init__(self, store: LedgerStore, recorder: Recorder) -> None:
        self._store = store
        self._recorder = recorder

    def correct(
        self,
        tenant_id: TenantId,
        account_id: AccountId,
        identity: str,
        right: Fact | None,
        *,
        source: str,
        recorded_at: datetime,
        correlation_id: CorrelationId,
    ) -> Appended:
        """Take an entry back and, unless it should not be there at all, book what is right.

        Args:
            tenant_id: Whose ledger it is.
            account_id: Whose chain it is.
            identity: Of the entry that is wrong.
            right: What should stand there; its identity and source are given here. None to only take back.
            source: Who says so: `user.<id>`.
            recorded_at: Now.
            correlation_id: Of the request.

        Raises:
            NotFound: There is no such entry.
            Conflict: The entry was corrected before in favour of something else.
            InvalidInput: It is a reversal, or what should be there is malformed.
        """
        self._store.lock_head(tenant_id, account_id)
        facts = self._facts(tenant_id, account_id, identity, right, source)
        done = self._recorder.record(
            tenant_id, account_id, facts, recorded_at=recorded_at, correlation_id=correlation_id
        )
        if done.doubts:
            raise _corrected_before()
        self._recorder.settle(tenant_id, account_id, recorded_at)
        return done

    def _facts(
        self, tenant_id: TenantId, account_id: AccountId, identity: str, right: Fact | None, source: str
    ) -> list[Fact]:
        replaced = correction_identity(entry_id(account_id, identity))
        known = self._store.known(tenant_id, account_id, [identity, replaced])
        if identity not in known:
            raise NotFound("ledger.entry_unknown", "There is no such entry.")
        reversal = reversal_of(account_id, known[identity], source)
        if right is not None:
            return [reversal, replace(right, identity=replaced, source=source)]
        if replaced in known:
            raise _corrected_before()
        return [reversal]


def _corrected_before() -> Conflict:
    return Conflict("ledger.corrected_before", "The entry was corrected before: correct the correction.")
