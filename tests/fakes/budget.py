"""The shared budget in Python: the rules of the script in Valkey, said a second time.

It knows windows, counters and rates with priorities, bans, bound keys and unknown budgets, but one tenant only:
fair shares between tenants are tested against the script.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from nightdesk.balancer.model import (
    RESERVED,
    SHARES_PERMILLE,
    Ask,
    Charge,
    Cost,
    Egress,
    EgressName,
    Grant,
    Limit,
    LimitKind,
    Pin,
    Report,
    Scope,
    Wait,
)
from nightdesk.kernel.assets import VenueId

PROBE_MS = 10_000


@dataclass(slots=True)
class Window:
    used: int = 0
    carried: bool = False
    inflight: int = 0
    late: int = 0
    by_class: list[int] = field(default_factory=lambda: [0, 0, 0, 0])


class FakeBudget:
    """`Budget` from memory."""

    def __init__(self, now_ms: int = 0) -> None:
        self.now_ms = now_ms
        self.lost = False
        self.leases: dict[EgressName, tuple[int, Egress]] = {}
        self.bans: dict[str, int] = {}
        self.bound: dict[str, EgressName] = {}
        self.windows: defaultdict[tuple[str, str, int], Window] = defaultdict(Window)
        self.levels: dict[tuple[str, str], tuple[int, int]] = {}
        self.rates: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        self.waiting: dict[tuple[str, str, int], tuple[int, int]] = {}
        self.known: set[tuple[str, str]] = set()
        self.probes: dict[tuple[str, str], int] = {}
        self.boot: int | None = None

    async def lease(self, venue: VenueId, egress: Egress, lease_ms: int) -> None:  # noqa: ARG002
        self.leases[egress.name] = (self.now_ms + lease_ms, egress)

    async def release(self, venue: VenueId, egress: str) -> None:  # noqa: ARG002
        self.leases.pop(EgressName(egress), None)

    async def acquire(self, ask: Ask) -> Grant | Wait:
        self.boot = self.now_ms if self.boot is None else self.boot
        names = self._alive(ask)
        if isinstance(names, Wait):
            return names
        mine = self._weigh(ask, Scope.KEY, ask.key)
        if mine[0]:
            return self._refuse(ask, *mine)
        bound = self.bound.get(ask.key) if ask.pin and ask.key else None
        weighed = {name: self._weigh(ask, Scope.EGRESS, name) for name in names}
        allowed = [name for name in names if ask.pin is not Pin.HARD or bound in (None, name)]
        free = [name for name in allowed if not weighed[name][0]]
        if not free:
            return self._refuse(ask, *min((weighed[name] for name in allowed), key=lambda found: found[0]))
        chosen = bound if bound in free else min(free, key=lambda name: self._load(ask, name))
        return self._grant(ask, EgressName(str(chosen)))

    async def report(self, report: Report) -> None:
        for charge in report.grant.charges:
            kind = charge.limit.kind
            if kind is LimitKind.WINDOW:
                self._report_window(report, charge)
            elif kind is LimitKind.DECAY:
                self._report_decay(report, charge)
            else:
                self._report_rate(report, charge)
        if report.ban_ms:
            name = f"key:{report.key}" if report.ban_key else report.grant.egress
            self.bans[name] = max(self.bans.get(name, 0), self.now_ms + report.ban_ms)

    def _alive(self, ask: Ask) -> list[EgressName] | Wait:  # noqa: PLR0911 one for each way to be refused
        live = [
            name
            for name, (until, egress) in self.leases.items()
            if until > self.now_ms and (ask.only == name or (ask.only is None and egress.url != RESERVED))
        ]
        free = sorted(name for name in live if self.bans.get(name, 0) <= self.now_ms)
        names = [name for name in free if name not in ask.exclude] or free
        if ask.key and self.bans.get(f"key:{ask.key}", 0) > self.now_ms:
            return Wait(wait_ms=self.bans[f"key:{ask.key}"] - self.now_ms, reason="banned")
        bound = self.bound.get(ask.key) if ask.key else None
        if bound and ask.pin is Pin.HARD:
            if bound not in live:
                return Wait(wait_ms=250, reason="egress_down")
            if self.bans.get(bound, 0) > self.now_ms:
                return Wait(wait_ms=self.bans[bound] - self.now_ms, reason="banned")
            return [bound]
        if names:
            return names
        if live:
            return Wait(wait_ms=min(self.bans[name] for name in live) - self.now_ms, reason="banned")
        return Wait(wait_ms=250, reason="no_egress")

    def _weigh(self, ask: Ask, scope: Scope, subject: str) -> tuple[int, str, bool]:
        found = [(0, "", False)]
        for cost in ask.costs:
            if cost.limit.scope is scope:
                wait, reason = self._wait(ask, cost, subject)
                found.append((wait, reason, cost.limit.pooled))
        return max(found, key=lambda one: one[0])

    def _wait(self, ask: Ask, cost: Cost, subject: str) -> tuple[int, str]:
        if cost.limit.kind is LimitKind.WINDOW:
            return self._window_wait(ask, cost, subject)
        if cost.limit.kind is LimitKind.DECAY:
            return self._decay_wait(ask, cost, subject)
        return self._rate_wait(ask, cost, subject)

    def _slot(self, limit: Limit, skew_ms: int) -> tuple[int, int]:
        return divmod(self.now_ms + skew_ms, limit.period_ms)

    def _window(self, ask: Ask, limit: Limit, subject: str) -> Window:
        slot, _ = self._slot(limit, ask.skew_ms)
        window, before = self.windows[limit.id, subject, slot], self.windows[limit.id, subject, slot - 1]
        if not window.carried:
            window.used += max(0, before.inflight) + before.late
            if not limit.header and slot == ((self.boot or 0) + ask.skew_ms) // limit.period_ms:
                window.used += limit.usable // 2
            window.carried = True
        return window

    def _window_wait(self, ask: Ask, cost: Cost, subject: str) -> tuple[int, str]:
        limit, usable = cost.limit, cost.limit.usable
        window = self._window(ask, limit, subject)
        slot, into = self._slot(limit, ask.skew_ms)
        left = limit.period_ms - into
        unknown = limit.header and (limit.id, subject) not in self.known
        if unknown and self.now_ms - self.probes.get((limit.id, subject), 0) < PROBE_MS:
            return 50, "unknown"
        if into < limit.guard_ms and self.windows[limit.id, subject, slot - 1].used + cost.cost > usable:
            return limit.guard_ms - into, "edge"
        if window.used + cost.cost > usable:
            return left + limit.guard_ms, "used_up"
        return self._priority_wait(ask, cost, window, left) if limit.pooled else (0, "")

    def _priority_wait(self, ask: Ask, cost: Cost, window: Window, left: int) -> tuple[int, str]:
        limit, usable, own = cost.limit, cost.limit.usable, int(ask.priority)
        shares = [usable * share // 1000 for share in SHARES_PERMILLE]
        for higher in range(own):
            if self._since(ask, limit, higher) is not None and window.by_class[own] + cost.cost > shares[own]:
                return 50, "priority"
        kept = [-(-shares[higher] * left // limit.period_ms) for higher in range(own)]
        if kept:
            kept[0] = max(kept[0], usable * 4 // 1000)
        over = window.by_class[own] + cost.cost > shares[own]
        waits = [one for one in range(own + 1, 4) if over and self._since(ask, limit, one) is not None]
        kept += [max(0, shares[lower] - window.by_class[lower]) for lower in waits]
        excess = window.used + cost.cost + sum(kept) - usable
        if excess <= 0:
            return 0, ""
        slope = sum(shares[:own])
        if not slope:
            return min(50, left + limit.guard_ms), "priority"
        return min(left + limit.guard_ms, max(10, -(-excess * limit.period_ms // slope))), "priority"

    def _since(self, ask: Ask, limit: Limit, priority: int) -> int | None:
        until, since = self.waiting.get((limit.id, self._mark(ask, limit), priority), (0, 0))
        return since if until > self.now_ms else None

    @staticmethod
    def _mark(ask: Ask, limit: Limit) -> str:
        return ask.key if limit.scope is Scope.KEY else "*"

    def _starving(self, ask: Ask, limit: Limit, priorities: Iterable[int]) -> bool:
        found = [self._since(ask, limit, priority) for priority in priorities]
        return any(since is not None and self.now_ms - since > 2_000 for since in found)

    def _ceiling(self, ask: Ask, limit: Limit) -> int:
        if not limit.pooled or self._starving(ask, limit, [int(ask.priority)]):
            return 1000
        return 1000 - sum(SHARES_PERMILLE[: int(ask.priority)])

    def _level(self, limit: Limit, subject: str) -> int:
        level, since = self.levels.get((limit.id, subject), (limit.usable * 1_000_000, self.boot or 0))
        return max(0, level - (self.now_ms - since) * limit.decay_milli_per_s)

    def _decay_wait(self, ask: Ask, cost: Cost, subject: str) -> tuple[int, str]:
        limit, need = cost.limit, cost.cost * 1_000_000
        if limit.pooled and self._starving(ask, limit, range(int(ask.priority) + 1, 4)):
            return 20, "priority"
        ceiling = max(limit.usable * 1000 * self._ceiling(ask, limit), need)
        over = self._level(limit, subject) + need - ceiling
        return (0, "") if over <= 0 else (-(-over // limit.decay_milli_per_s), "used_up")

    def _rate_wait(self, ask: Ask, cost: Cost, subject: str) -> tuple[int, str]:
        limit, boot = cost.limit, self.boot or 0
        if self.now_ms - boot < limit.period_ms:
            free = min(limit.spare, max(cost.cost, limit.spare * self._ceiling(ask, limit) // 1000))
            unknown = len(self.rates[limit.id, subject]) + cost.cost > free
            return (boot + limit.period_ms - self.now_ms, "unknown") if unknown else (0, "")
        if limit.pooled and self._starving(ask, limit, range(int(ask.priority) + 1, 4)):
            return 20, "priority"
        allowed = max(cost.cost, limit.usable * self._ceiling(ask, limit) // 1000)
        log = self.rates[limit.id, subject]
        if len(log) > allowed - cost.cost and log[allowed - cost.cost] > self.now_ms - limit.period_ms:
            return log[allowed - cost.cost] + limit.period_ms - self.now_ms, "used_up"
        return 0, ""

    def _load(self, ask: Ask, name: EgressName) -> int:
        loads = [0]
        for cost in ask.costs:
            if cost.limit.pooled and cost.limit.scope is Scope.EGRESS:
                limit = cost.limit
                if limit.kind is LimitKind.WINDOW:
                    loads.append(self._window(ask, limit, name).used * 1_000_000 // limit.usable)
                elif limit.kind is LimitKind.DECAY:
                    loads.append(self._level(limit, name) // limit.usable)
                else:
                    loads.append(len(self.rates[limit.id, name]) * 1_000_000 // limit.usable)
        return max(loads)

    def _refuse(self, ask: Ask, wait_ms: int, reason: str, pooled: bool) -> Wait:  # noqa: FBT001
        for cost in ask.costs:
            if pooled and cost.limit.pooled:
                since = self._since(ask, cost.limit, int(ask.priority))
                mark = (cost.limit.id, self._mark(ask, cost.limit), int(ask.priority))
                self.waiting[mark] = (self.now_ms + wait_ms + 250, self.now_ms if since is None else since)
        return Wait(wait_ms=max(1, wait_ms), reason=reason)

    def _grant(self, ask: Ask, name: EgressName) -> Grant:
        by_scope = [[cost for cost in ask.costs if cost.limit.scope is scope] for scope in (Scope.KEY, Scope.EGRESS)]
        charges = [self._charge(ask, cost, ask.key) for cost in by_scope[0]]
        charges += [self._charge(ask, cost, name) for cost in by_scope[1]]
        if ask.pin and ask.key:
            self.bound[ask.key] = name
        return Grant(venue=ask.venue, egress=name, url=self.leases[name][1].url, charges=tuple(charges))

    def _charge(self, ask: Ask, cost: Cost, subject: str) -> Charge:
        limit, slot, late = cost.limit, 0, False
        if limit.pooled:
            self.waiting.pop((limit.id, self._mark(ask, limit), int(ask.priority)), None)
        if limit.kind is LimitKind.WINDOW:
            slot, into = self._slot(limit, ask.skew_ms)
            late = limit.period_ms - into <= limit.guard_ms
            self._take(self._window(ask, limit, subject), ask, cost.cost, late=late)
            if into < limit.guard_ms:
                self.windows[limit.id, subject, slot - 1].used += cost.cost
            if limit.header and (limit.id, subject) not in self.known:
                self.probes[limit.id, subject] = self.now_ms
        elif limit.kind is LimitKind.DECAY:
            self.levels[limit.id, subject] = (self._level(limit, subject) + cost.cost * 1_000_000, self.now_ms)
        else:
            log = self.rates[limit.id, subject]
            self.rates[limit.id, subject] = ([self.now_ms] * cost.cost + log)[: limit.usable + 1]
        return Charge(limit=limit, subject=subject, cost=cost.cost, slot=slot, late=late)

    @staticmethod
    def _take(window: Window, ask: Ask, cost: int, *, late: bool) -> None:
        window.used += cost
        window.by_class[int(ask.priority)] += cost
        if late:
            window.late += cost
        else:
            window.inflight += cost

    def _report_window(self, report: Report, charge: Charge) -> None:
        limit = charge.limit
        window = self.windows[limit.id, charge.subject, charge.slot]
        self.probes.pop((limit.id, charge.subject), None)
        slot, into = self._slot(limit, report.skew_ms)
        if not charge.late and (slot == charge.slot or not report.sent):
            window.inflight -= charge.cost
        if not report.sent:
            window.used -= charge.cost
            window.by_class[int(report.priority)] -= charge.cost
            window.late -= charge.cost if charge.late else 0
        elif limit.id in report.used:
            self.known.add((limit.id, charge.subject))
            if slot == charge.slot and into >= limit.guard_ms:
                window.used = max(window.used, report.used[limit.id])

    def _report_decay(self, report: Report, charge: Charge) -> None:
        limit = charge.limit
        if limit.id in report.exhausted:
            self.levels[limit.id, charge.subject] = (limit.usable * 1_000_000, self.now_ms)
        elif not report.sent:
            level, since = self.levels[limit.id, charge.subject]
            self.levels[limit.id, charge.subject] = (max(0, level - charge.cost * 1_000_000), since)

    def _report_rate(self, report: Report, charge: Charge) -> None:
        limit, log = charge.limit, self.rates[charge.limit.id, charge.subject]
        if limit.id in report.exhausted:
            self.rates[limit.id, charge.subject] = ([self.now_ms] * limit.usable + log)[: limit.usable + 1]
        elif not report.sent:
            del log[: charge.cost]
