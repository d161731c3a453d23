"""The tracker's rules: keeps the rule sets fresh, tests all of them at each beat, tells candidates, keeps memories.

A candidate is a row before it is a message, so a lost message is sent again; it holds what the rule set remembered
before, so nothing depends on when the memory was kept last.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from fargate.portfolio_tracker.rules_board import Board
from fargate.portfolio_tracker.rules_bridge import Interrupted, bridged
from fargate.portfolio_tracker.rules_candidates import row_of, series_of
from nightdesk.adapters.postgres.rules_tracking import Changed, Kept
from nightdesk.kernel.errors import NightdeskError, Unavailable
from nightdesk.kernel.ids import AccountId, TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.markets.caps_history import NEVER_LISTED, CapHistory
from nightdesk.markets.model import Price
from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.firing import CandidateRef, CandidateRow
from nightdesk.rules.holdings import Held
from nightdesk.rules.judging import StoredRuleSet
from nightdesk.rules.model import RuleSet
from nightdesk.rules.signals import ToldSignal
from nightdesk.rules.state import NOTHING_SEEN, RuleSetState, Trail
from nightdesk.rules.watching import Candidate, RuleWatch

KEPT_AT_ONCE: Final = 2000
"""So many memories are kept in one statement, each second."""

OVERLAP: Final = timedelta(seconds=30)
"""A change counts as seen only so long after it was made: its transaction may still have been open."""

FIRST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_log = logging.getLogger(__name__)


class TrackedRules(Protocol):
    """Rule sets of all tenants, in the database."""

    def changed(self, since: datetime) -> Sequence[Changed]:
        """Rule sets changed from this wall instant on, oldest change first."""
        ...

    def kept(self) -> Mapping[RuleSetId, Kept]:
        """What every rule set remembered when it was last kept."""
        ...

    def mark(self) -> datetime | None:
        """Up to which market instant everything was seen."""
        ...

    def keep(self, states: Mapping[RuleSetId, tuple[StoredRuleSet, RuleSetState]], as_of: datetime) -> None:
        """Keep what these remember, and that everything up to the instant was seen."""
        ...

    def tell(self, candidates: Sequence[CandidateRow]) -> None:
        """Keep candidates until they are judged."""
        ...


class HeldSource(Protocol):
    """What tenants hold, in the database."""

    def read(self, tenant_id: TenantId, known: Mapping[AccountId, int]) -> Held:
        """The tenant's books now, and every leg after the entries that are known."""
        ...


class CandidateQueue(Protocol):
    """Where candidates wait to be judged."""

    def send(self, refs: Sequence[CandidateRef]) -> None:
        """Hand the candidates over."""
        ...


class RulesService:
    """Ties the watched rule sets to the world.

    Args:
        versions: For each tenant something that changes when its books do.
        minutes: Closes of the stored minutes since an instant of market time, each at the end of its minute.
        signals: The newest of each name that counted at a wall instant or later.
        caps: Listings of coins of the last hours.
        beat_s: How often everything heard since is tested.
    """

    def __init__(
        self,
        *,
        source: TrackedRules,
        held: HeldSource,
        versions: Callable[[], Mapping[TenantId, object]],
        queue: CandidateQueue,
        clock: Clock,
        minutes: Callable[[datetime], Sequence[Price]] = lambda _since: (),
        signals: Callable[[datetime], Sequence[ToldSignal]] = lambda _since: (),
        caps: Callable[[], CapHistory] = lambda: NEVER_LISTED,
        beat_s: float = 0.05,
        look_s: float = 0.5,
        keep_s: float = 1.0,
    ) -> None:
        self._source = source
        self._held = held
        self._versions = versions
        self._queue = queue
        self._clock = clock
        self._minutes = minutes
        self._signals = signals
        self._caps = caps
        self._signals_until = FIRST
        self._beat_s = beat_s
        self._look_s = look_s
        self._keep_s = keep_s
        self.watch = RuleWatch()
        self.board = Board(self.watch.compiled.slots)
        self._stored: dict[RuleSetId, StoredRuleSet] = {}
        self._by_tenant: dict[TenantId, set[RuleSetId]] = {}
        self._books: dict[TenantId, object] = {}
        self._grew: set[TenantId] = set()
        self._also: set[RuleSetId] = set()
        self._kept: Mapping[RuleSetId, Kept] | None = None
        self._seen_until = FIRST
        self._due = asyncio.Event()
        self._look = asyncio.Event()
        self._told = 0
        self._told_at: dict[RuleSetId, int] = {}  # how often each had fired when it was told last

    # What others tell --------------------------------------------------------------------------------------------

    def hear(self, price: Price) -> None:
        """Take a price."""
        self.board.hear(price)
        self._due.set()

    def told(self) -> None:
        """Figures that change with bars may have changed."""
        self._due.set()

    def grew(self, tenant_id: TenantId) -> None:
        """Somebody recorded an entry of this tenant."""
        if tenant_id in self._by_tenant:
            self._grew.add(tenant_id)
            self._look.set()

    def signalled(self) -> None:
        """A signal came."""
        self._look.set()

    def of(self, tenant_id: TenantId) -> list[tuple[RuleSet, RuleSetState]]:
        """The tenant's watched rule sets and what they remember."""
        compiled = self.watch.compiled
        return [(compiled.rule_set(each), compiled.state(each)) for each in self._by_tenant.get(tenant_id, ())]

    def health(self) -> dict[str, Any]:
        """Figures for the health page."""
        return {"rule_sets": len(self.watch.compiled), "candidates_told": self._told}

    # Loops ------------------------------------------------------------------------------------------------------

    async def look(self, stopping: asyncio.Event) -> None:
        """Keep rule sets and holdings as fresh as the database."""
        while not stopping.is_set():
            await self.look_now()
            await _pause(self._look, self._look_s)
            self._look.clear()

    async def look_now(self) -> None:
        """Read what was changed."""
        if self._kept is None:
            self._kept = await asyncio.to_thread(self._restored)
        self._apply(await asyncio.to_thread(self._source.changed, self._seen_until))
        await self._read_held()
        await self._read_signals()
        if self._by_tenant and self.board.take_listings(await asyncio.to_thread(self._caps)):
            self._due.set()

    async def beat(self, stopping: asyncio.Event) -> None:
        """Test every rule set with what was heard since the last time, and tell candidates."""
        while not stopping.is_set():
            await _pause(self._due, 1.0)
            await self.beat_now()
            await asyncio.sleep(self._beat_s)

    async def beat_now(self) -> None:
        """Test every rule set if anything was heard."""
        if self._due.is_set() or self._also:
            self._due.clear()
            candidates = self._tick()
            self._doubt_again(candidates)
            if candidates:
                await asyncio.to_thread(self._tell, [self._row(each) for each in candidates])

    async def keep(self, stopping: asyncio.Event) -> None:
        """Keep what changed in memory, at most once a second."""
        while not stopping.is_set():
            await _pause(stopping, self._keep_s)
            await self.keep_now()

    async def keep_now(self) -> None:
        """Keep what changed in memory."""
        instant = self.board.instant
        if instant is None:
            return
        changes = self.watch.changes(KEPT_AT_ONCE)
        states = {each: (self._stored[each], state) for each, state in changes.items() if each in self._stored}
        try:
            await asyncio.to_thread(self._source.keep, states, instant)
        except Unavailable as error:
            self.watch.change_again(changes)
            _log.warning("memories not kept", extra={"code": error.code, "rule_sets": len(changes)})

    # Parts ------------------------------------------------------------------------------------------------------

    def _restored(self) -> Mapping[RuleSetId, Kept]:
        """What was kept, brought over the time in which nobody watched."""
        kept, mark = self._source.kept(), self._source.mark()
        if mark is None:
            return kept
        stored = [changed.stored for changed in self._source.changed(FIRST) if changed.is_watched]
        lives = {each.rule_set.rule_set_id: each for each in stored if _is_same(kept, each)}
        waiting = [Interrupted(each.rule_set, kept[which].state) for which, each in lives.items()]
        trailing = [each for each in waiting if each.has_trails]
        held = self._held_by({each.rule_set.tenant_id for each in trailing}, trailing)
        states = bridged([each for each in trailing if each.rule_set.tenant_id in held], held, self._minutes(mark))
        return {**kept, **{which: replace(kept[which], state=state) for which, state in states.items()}}

    def _held_by(self, tenants: Collection[TenantId], trailing: Sequence[Interrupted]) -> dict[TenantId, Held]:
        found = {}
        for tenant_id in tenants:
            states = [each.state for each in trailing if each.rule_set.tenant_id == tenant_id]
            try:
                found[tenant_id] = self._held.read(tenant_id, _ledgered(states))
            except NightdeskError as error:
                _log.warning("holdings not read", extra={"code": error.code})
        return found

    def _apply(self, changes: Sequence[Changed]) -> None:
        for changed in changes:
            self._seen_until = max(self._seen_until, changed.changed_at - OVERLAP)
            self._take(changed)

    def _take(self, changed: Changed) -> None:
        stored, rule_set_id = changed.stored, changed.stored.rule_set.rule_set_id
        known = self._stored.get(rule_set_id)
        if not changed.is_watched:
            self._drop(rule_set_id)
            return
        if known is None or _life(known) != _life(stored):
            self._watch(stored)
        elif known.rule_set != stored.rule_set:
            self.watch.put(stored.rule_set, self.watch.compiled.state(rule_set_id))
        self._stored[rule_set_id] = stored
        if stored.last_fired_at is not None:
            self.watch.fired(rule_set_id, stored.firings, stored.last_fired_at)

    def _watch(self, stored: StoredRuleSet) -> None:
        rule_set, kept = stored.rule_set, self._kept or {}
        state = kept[rule_set.rule_set_id].state if _is_same(kept, stored) else NOTHING_SEEN
        self.watch.put(rule_set, state)
        self.watch.change_again([rule_set.rule_set_id])  # what was bridged is kept too
        self._by_tenant.setdefault(rule_set.tenant_id, set()).add(rule_set.rule_set_id)
        if rule_set.tenant_id not in self._books:
            self._grew.add(rule_set.tenant_id)
        self._also.add(rule_set.rule_set_id)

    def _drop(self, rule_set_id: RuleSetId) -> None:
        stored = self._stored.pop(rule_set_id, None)
        if stored is None:
            return
        self.watch.remove(rule_set_id)
        self._told_at.pop(rule_set_id, None)
        self._also.discard(rule_set_id)
        tenant_id = stored.rule_set.tenant_id
        theirs = self._by_tenant[tenant_id]
        theirs.discard(rule_set_id)
        if not theirs:
            del self._by_tenant[tenant_id]
            self._books.pop(tenant_id, None)
            self.board.hold(tenant_id, None)

    async def _read_held(self) -> None:
        """Read the books again of tenants that have rule sets and whose books may have changed."""
        grew, self._grew = self._grew, set()
        versions = await asyncio.to_thread(self._versions)
        for tenant_id in list(self._by_tenant):
            version = versions.get(tenant_id)
            if tenant_id in grew or self._books.get(tenant_id) != version:
                held = await self._read_one(tenant_id)
                if held is not None and tenant_id in self._by_tenant:
                    self._books[tenant_id] = version
                    self.board.hold(tenant_id, held)
                    self._also |= self._by_tenant[tenant_id]
                    self._due.set()

    async def _read_signals(self) -> None:
        """Read which signals came, for whatever rule set reads one now or later."""
        for told in await asyncio.to_thread(self._signals, self._signals_until):
            self._signals_until = max(self._signals_until, told.counted_at - OVERLAP)
            if self.board.signal(told):
                self._due.set()

    async def _read_one(self, tenant_id: TenantId) -> Held | None:
        try:
            return await asyncio.to_thread(
                self._held.read, tenant_id, _ledgered(state for _, state in self.of(tenant_id))
            )
        except NightdeskError as error:
            _log.warning("holdings not read", extra={"code": error.code})
            return None

    def _tick(self) -> list[Candidate]:
        ticked = self.board.tick()
        if ticked is None:
            return []
        also, self._also = self._also, set()
        tick, known = ticked
        return self.watch.tick(tick, known, [each for each in also if each in self.watch.compiled])

    def _doubt_again(self, candidates: Sequence[Candidate]) -> None:
        """Begin figures again of who was told and has not fired since: perhaps others are found by who judges."""
        for rule_set, firings in ((each.rule_set, each.before.firings) for each in candidates):
            if self._told_at.get(rule_set.rule_set_id) == firings:
                self.board.doubt(series_of(rule_set))
            self._told_at[rule_set.rule_set_id] = firings

    def _row(self, candidate: Candidate) -> CandidateRow:
        known = self.board.snapshot
        assert known is not None  # noqa: S101 - it was ticked
        stored = self._stored[candidate.rule_set.rule_set_id]
        bars = self.board.bars(series_of(candidate.rule_set))
        return row_of(candidate, stored.armed_at or FIRST, known, (self._clock.now(), bars))

    def _tell(self, rows: Sequence[CandidateRow]) -> None:
        refs = [CandidateRef(row.tenant_id, row.rule_set_id, row.candidate_id, row.correlation_id) for row in rows]
        try:
            self._source.tell(rows)
            self._queue.send(refs)
            self._told += len(rows)
        except Unavailable as error:
            # What was kept is sent by the sweeper; what was not is a candidate again in a few seconds.
            _log.warning("candidates not told", extra={"code": error.code, "candidates": len(rows)})


def _ledgered(states: Iterable[RuleSetState]) -> dict[AccountId, int]:
    """Up to where every trail of these knows the ledger."""
    known: dict[AccountId, int] = {}
    for node in (node for state in states for node in state.nodes.values()):
        if isinstance(node, Trail):
            for account, sequence in node.ledgered.sequences.items():
                known[account] = min(sequence, known.get(account, sequence))
    return known


def _is_same(kept: Mapping[RuleSetId, Kept], stored: StoredRuleSet) -> bool:
    """Whether what was kept is of this life of the rule set."""
    found = kept.get(stored.rule_set.rule_set_id)
    return found is not None and (found.version, found.armed_at) == _life(stored)


def _life(stored: StoredRuleSet) -> tuple[int, datetime | None]:
    """What makes a rule set begin anew: another version, or being armed again."""
    return stored.rule_set.version, stored.armed_at


async def _pause(until: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(until.wait(), seconds)
    except TimeoutError:
        return
