"""Runs the actions of a firing, in sequence, once.

Where the process may be killed, and what is then the outcome:

before a round is recorded      nothing was sent; whoever takes the firing up plans again, with the books as they are
after it                        the same intents are performed; orders and alerts are known by the intents' names
between an intent and its note  it is performed again, which finds the same order, or the alert kept with its note;
                                a webhook is sent once more under the same identity, which tells the receiver
after the last step             the firing is finished once more

A message that was lost is sent again by `sweep`. A zombie that goes on after another took the firing up is refused the
books (`actions.taken_over`), and what it submits are the same orders.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final

from nightdesk.kernel.errors import NightdeskError, Unavailable
from nightdesk.kernel.ids import TenantId
from nightdesk.kernel.instants import Clock
from nightdesk.orders.errors import HALTED
from nightdesk.rules import action_telling as telling
from nightdesk.rules.action_performing import TRY_FOR, WAITING, Performer
from nightdesk.rules.action_planning import Finish, Place, Planner, Record
from nightdesk.rules.action_ports import FiringId
from nightdesk.rules.action_run_ports import ActionUnit, ActionUnits
from nightdesk.rules.action_runs import ActionRun, FiringRuns, Intent, IntentState, RunState, last_round
from nightdesk.rules.actions import FailurePolicy, Notify, is_dangerous

AGAIN_AFTER_S: Final = 0.5
"""What failed is not tried again sooner."""

_log = logging.getLogger(__name__)


class ActionRunner:
    """Runs firings."""

    def __init__(
        self,
        *,
        units: ActionUnits,
        planner: Planner,
        performer: Performer,
        clock: Clock,
        pause: Callable[[float], None],
    ) -> None:
        self._units = units
        self._planner = planner
        self._performer = performer
        self._clock = clock
        self._pause = pause

    def run(self, tenant_id: TenantId, firing_id: FiringId) -> None:
        """Do what is left of the firing's actions.

        Raises:
            Unavailable: `actions.waiting`, or what does not answer: take the firing up again later.
            Conflict: `actions.taken_over`: somebody else has.
        """
        with self._units(tenant_id) as unit:
            firing = unit.runs.take(tenant_id, firing_id, self._clock.now())
        if firing is None:
            _log.warning("firing unknown", extra={"firing_id": str(firing_id)})
            return
        if firing.finished_at is not None:
            return
        for step in range(len(firing.runs)):
            firing = self._step(firing, step)
        with self._units(tenant_id) as unit:
            unit.runs.hold(firing, self._clock.now())
            unit.runs.finish(firing, self._clock.now())

    def _step(self, firing: FiringRuns, step: int) -> FiringRuns:
        """The firing with this step over."""
        run = firing.runs[step]
        if run.state.is_over:
            return firing
        following: Record | Finish | None = _left_out(firing, step)
        while not isinstance(following, Finish):
            if following is not None:
                firing = self._record(firing, firing.runs[step], following)
            firing = self._perform_open(firing, step)
            following = self._next(firing, firing.runs[step])
        return self._finish(firing, firing.runs[step], following)

    def _next(self, firing: FiringRuns, run: ActionRun) -> Record | Finish:
        """What the planner says; a step that can't be planned now is tried for a while, then it has failed."""
        intents, now = firing.of(run.step), self._clock.now()
        if any(intent.state is IntentState.FAILED for intent in last_round(intents)):
            self._pause(AGAIN_AFTER_S)
        try:
            return self._planner.next(Place(firing.due, run, intents, now))
        except NightdeskError as error:
            if not error.retryable or now - _begun_at(firing, run) >= TRY_FOR:
                return Finish(state=RunState.FAILED, code=error.code, message=error.message)
            self._tell_delayed(firing, run, error.message)
            raise

    def _record(self, firing: FiringRuns, run: ActionRun, record: Record) -> FiringRuns:
        now = self._clock.now()
        begun = replace(run, state=RunState.RUNNING, started_at=run.started_at or now, residue=record.residue)
        with self._held(firing) as unit:
            unit.runs.save_run(firing, begun)
            unit.runs.add_intents(firing, record.intents)
        return _with(firing, begun, record.intents)

    def _perform_open(self, firing: FiringRuns, step: int) -> FiringRuns:
        """The firing with every intent of the step settled.

        Raises:
            Unavailable: `actions.waiting`: each was tried, not each could be settled.
        """
        run = firing.runs[step]
        waiting: Intent | None = None
        for intent in firing.of(step):
            if intent.state is IntentState.OPEN:
                # Whatever one order waits for, the others are sent without it.
                after = self._perform(firing, run, intent, patient=waiting is None)
                waiting = after if after.state is IntentState.OPEN else waiting
                firing = _with(firing, run, (after,))
        if waiting is not None:
            why = waiting.message or str(waiting.code)
            self._tell_delayed(firing, run, why)
            raise Unavailable(WAITING, f"Step {step} waits: {why}")
        return firing

    def _perform(self, firing: FiringRuns, run: ActionRun, intent: Intent, *, patient: bool) -> Intent:
        if isinstance(run.action, Notify):
            return self._notify(firing, run, run.action, intent)
        after = self._performer.perform(firing.due, run, intent, patient=patient)
        with self._held(firing) as unit:
            unit.runs.save_intents(firing, (after,))
        return after

    def _notify(self, firing: FiringRuns, run: ActionRun, action: Notify, intent: Intent) -> Intent:
        """The alert and its note, in one transaction."""
        after = replace(intent, state=IntentState.DONE, settled_at=self._clock.now())
        with self._held(firing) as unit:
            unit.alerts.raise_alert(telling.notice(firing.due, run, action))
            unit.runs.save_intents(firing, (after,))
        return after

    def _finish(self, firing: FiringRuns, run: ActionRun, finish: Finish) -> FiringRuns:
        now = self._clock.now()
        residue = run.residue if finish.residue is None else finish.residue
        over = replace(
            run, state=finish.state, code=finish.code, message=finish.message, residue=residue, finished_at=now
        )
        with self._held(firing) as unit:
            unit.runs.save_run(firing, over)
            told = telling.report(firing.due, over, firing.of(run.step))
            if told is not None:
                unit.alerts.raise_alert(told)
        return _with(firing, over)

    def _tell_delayed(self, firing: FiringRuns, run: ActionRun, why: str) -> None:
        with self._held(firing) as unit:
            unit.alerts.raise_alert(telling.delayed(firing.due, run, why))

    @contextmanager
    def _held(self, firing: FiringRuns) -> Iterator[ActionUnit]:
        """A transaction in which nobody else writes of the firing."""
        with self._units(firing.due.tenant_id) as unit:
            unit.runs.hold(firing, self._clock.now())
            yield unit


def _left_out(firing: FiringRuns, step: int) -> Finish | None:
    """Why a step is not even begun: an earlier one failed, or the kill switch stopped one that trades like it."""
    earlier = firing.runs[:step]
    if any(run.state is RunState.HALTED for run in earlier) and is_dangerous(firing.runs[step].action):
        return Finish(state=RunState.HALTED, code=HALTED, message="Trading was halted in the middle of this firing.")
    failed = any(run.state is RunState.FAILED for run in earlier)
    return Finish(state=RunState.SKIPPED) if failed and firing.due.policy is FailurePolicy.STOP else None


def _begun_at(firing: FiringRuns, run: ActionRun) -> datetime:
    """Since when the step could have been done."""
    before = [each.finished_at for each in firing.runs[: run.step] if each.finished_at is not None]
    return run.started_at or max(before, default=firing.created_at)


def _with(firing: FiringRuns, run: ActionRun, intents: Sequence[Intent] = ()) -> FiringRuns:
    """The firing with this step and these intents in the place of what it had of them."""
    changed = {intent.key: intent for intent in (*firing.intents, *intents)}
    runs = tuple(run if each.step == run.step else each for each in firing.runs)
    return replace(firing, runs=runs, intents=tuple(changed.values()))
