"""What the desk answers about replays; apart from the other answers, because it brings the arrays' library along.

Permissions are checked here, and everything that is read is the caller's own tenant's, or a market.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from nightdesk.contracts.api import present_replays as present
from nightdesk.contracts.api.present_rules import firing_shape
from nightdesk.contracts.api.replays import (
    AskReplay,
    AskSweep,
    AskTemplate,
    Balances,
    BuiltTemplate,
    ReplayShape,
    ReplayTerms,
    ShadowShape,
    SweepShape,
    TemplateList,
)
from nightdesk.contracts.api.rule_answers import stored_definition
from nightdesk.contracts.api.rules import DefinitionShape
from nightdesk.identity.model import Caller
from nightdesk.kernel.assets import asset_id
from nightdesk.kernel.errors import InvalidInput
from nightdesk.kernel.ids import AccountId, CorrelationId
from nightdesk.kernel.instants import Clock, format_instant, from_ms, parse_instant
from nightdesk.kernel.money import parse_amount
from nightdesk.rules.action_ports import RuleSetId
from nightdesk.rules.codec import definition_json
from nightdesk.rules.desk import HISTORY_MAX, By, RuleDesk
from nightdesk.rules.desk_ports import RuleSetRow
from nightdesk.rules.firing import Firing
from nightdesk.rules.model import Mode, RuleSet
from nightdesk.rules.replay_patience import Patience, patient
from nightdesk.rules.replay_terms import StartAmount, Terms, fill_model
from nightdesk.rules.replaying import ReplayService
from nightdesk.rules.shadowing import simulate
from nightdesk.rules.sweep import Grid, sweep
from nightdesk.rules.templates import template_of
from nightdesk.rules.templates_made import TEMPLATES

DAY = timedelta(days=1)
ANSWERED_WITHIN_S: Final = 20.0
"""API Gateway gives up after 29 seconds; a cold start and writing the answer take some of them."""


@dataclass(frozen=True, slots=True)
class ReplayAnswers:
    """Asks whoever replays, and puts what it says in shape."""

    replays: ReplayService
    desk: RuleDesk
    clock: Clock
    within_s: float = ANSWERED_WITHIN_S

    def replay(self, caller: Caller, wanted: AskReplay, correlation_id: CorrelationId) -> ReplayShape:
        """Replay rule sets together."""
        caller.require("read", "RuleSet")
        started = time.perf_counter()
        terms = _terms(wanted, self._patience())
        replayed = self.replays.run(caller.tenant_id, self._rule_sets(caller, wanted, correlation_id), terms)
        return present.replay_shape(replayed, (time.perf_counter() - started) * 1000)

    def sweep(self, caller: Caller, wanted: AskSweep, correlation_id: CorrelationId) -> SweepShape:
        """Replay every combination of a grid."""
        caller.require("read", "RuleSet")
        started, by = time.perf_counter(), _by(caller, correlation_id)
        terms = _terms(wanted, self._patience())
        template = template_of(TEMPLATES, wanted.template)
        grid = Grid(template=template, fixed=wanted.parameters, values=wanted.grid, sort=wanted.sort)
        swept = sweep(self.replays, caller.tenant_id, grid, terms, lambda rule_set: self._checked(by, rule_set))
        return present.sweep_shape(grid, swept, (time.perf_counter() - started) * 1000)

    def templates(self, caller: Caller) -> TemplateList:
        """Every template."""
        caller.require("read", "RuleSet")
        return TemplateList(items=[present.template_shape(each) for each in TEMPLATES.values()])

    def build(self, caller: Caller, key: str, wanted: AskTemplate, correlation_id: CorrelationId) -> BuiltTemplate:
        """The rule sets of a template; nothing is kept."""
        caller.require("read", "RuleSet")
        return present.built_shape(self._built(_by(caller, correlation_id), key, wanted.parameters))

    def shadow(self, caller: Caller, rule_set_id: UUID) -> ShadowShape:
        """A rule set's run in shadow."""
        caller.require("read", "RuleSet")
        row, started = self.desk.get(caller.tenant_id, RuleSetId(rule_set_id)), time.perf_counter()
        patience, firings, now = self._patience(), self._shadow_firings(row), self.clock.now()
        replayed = None
        if row.shadow_since is not None:
            replayed = simulate(self.replays, row.rule_set, firings, row.shadow_since, now, patience=patience)
        took_ms, live_from = (time.perf_counter() - started) * 1000, self.desk.live_from(row)
        return ShadowShape(
            rule_set_id=row.rule_set.rule_set_id,
            version=row.rule_set.version,
            mode=row.rule_set.mode,
            shadow_since=None if row.shadow_since is None else format_instant(row.shadow_since),
            live_from=None if live_from is None else format_instant(live_from),
            days_left=None if live_from is None else max(0.0, (live_from - now) / DAY),
            firings=[firing_shape(each) for each in firings],
            simulated=None if replayed is None else present.replay_shape(replayed, took_ms),
        )

    def _patience(self) -> Patience:
        return patient(self.within_s, time.monotonic)

    def _shadow_firings(self, row: RuleSetRow) -> list[Firing]:
        """Since it began, newest first."""
        found = self.desk.firings(row.rule_set.tenant_id, row.rule_set.rule_set_id, limit=HISTORY_MAX)
        since = row.shadow_since
        return [each for each in found if each.mode is Mode.SHADOW and since is not None and each.fired_at >= since]

    def _rule_sets(self, caller: Caller, wanted: AskReplay, correlation_id: CorrelationId) -> list[RuleSet]:
        by, ways = _by(caller, correlation_id), [wanted.rule_set_ids, wanted.rule_sets, wanted.template]
        if sum(map(bool, ways)) != 1:
            raise InvalidInput("replay.which", "Name stored rule sets, or write some, or choose a template.")
        if wanted.template is not None:
            return self._built(by, wanted.template.template, wanted.template.parameters)
        if wanted.rule_set_ids:
            return [self.desk.get(caller.tenant_id, RuleSetId(each)).rule_set for each in wanted.rule_set_ids]
        return [self._named(by, each.name, each.definition) for each in wanted.rule_sets]

    def _built(self, by: By, key: str, parameters: dict[str, str]) -> list[RuleSet]:
        rule_sets = template_of(TEMPLATES, key).rule_sets(by.tenant_id, parameters)
        return [self._checked(by, each) for each in rule_sets]

    def _checked(self, by: By, rule_set: RuleSet) -> RuleSet:
        return self._named(by, rule_set.name, DefinitionShape.model_validate(definition_json(rule_set)))

    def _named(self, by: By, name: str, definition: DefinitionShape) -> RuleSet:

        return replace(self.desk.check(by, stored_definition(definition)), name=name)


def _by(caller: Caller, correlation_id: CorrelationId) -> By:
    return By(caller.tenant_id, caller.user.user_id, correlation_id)


def _terms(wanted: ReplayTerms, patience: Patience) -> Terms:
    return Terms(
        since=_instant(wanted.from_),
        until=_instant(wanted.to),
        resolution=wanted.resolution,
        balances=_balances(wanted.balances),
        model=fill_model(parse_amount(wanted.fee_ratio), parse_amount(wanted.slippage_ratio)),
        patience=patience,
    )


def _balances(balances: Balances) -> Sequence[StartAmount] | None:
    if balances == "portfolio":
        return None
    return [
        StartAmount(
            asset_id(each.asset),
            parse_amount(each.amount),
            None if each.account_id is None else AccountId(each.account_id),
        )
        for each in balances
    ]


def _instant(text: str) -> datetime:
    if not text.isdecimal():
        return parse_instant(text)
    try:
        return from_ms(int(text))
    except OverflowError:
        raise InvalidInput("instant.malformed", f"{text[:40]!r} is no instant.") from None
