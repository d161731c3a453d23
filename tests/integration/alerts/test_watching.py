"""What a queue loses is sent again, what is late is reported through other channels within 60 seconds, canaries fly."""

from datetime import time, timedelta

import pytest

from nightdesk.alerts.model import Category, ChannelState, DeliveryState, Severity, Way, WorkKind
from nightdesk.alerts.preferences import Preferences, QuietHours, Throttle
from nightdesk.alerts.watching import LOOKS_BETWEEN_S
from tests.builders.alerts import DISCORD, EMAIL, TELEGRAM, AlertRig

pytestmark = pytest.mark.integration
ALWAYS = QuietHours(begins=time(0), ends=time(23, 59, 59))


def look(rig: AlertRig) -> None:
    """One look, and what comes of it."""
    rig.watch.look(and_again=False)
    rig.work()


def test_what_the_queue_lost_is_sent_again(rig: AlertRig) -> None:
    rig.add(TELEGRAM, canary_every_s=0)
    alert = rig.alert()
    rig.raise_alert(alert)
    rig.queue.waiting.clear()
    look(rig)
    assert rig.sent("api.telegram.org") == []  # it may still be on its way
    rig.clock.advance(20)
    look(rig)
    assert len(rig.sent("api.telegram.org")) == 1
    assert rig.get(alert).deliveries[0].state is DeliveryState.DELIVERED


def test_a_lost_alert_is_reported_through_the_other_channels_within_60_s(rig: AlertRig) -> None:
    dead = rig.add(TELEGRAM, canary_every_s=0)
    rig.add(EMAIL, canary_every_s=0, only_escalated=True)
    rig.mood("api.telegram.org", 1000, status=500)
    alert = rig.alert()
    rig.raise_alert(alert)
    raised_at = rig.clock.now()
    while not rig.ses.sent:
        rig.clock.advance(20)
        rig.work(seconds=20)
        look(rig)
    assert rig.clock.now() - raised_at <= timedelta(seconds=60)
    ((_, mail),) = rig.ses.sent
    assert mail["Subject"] == "telegram does not deliver"
    look(rig)
    assert len(rig.ses.sent) == 1  # once for an outage, however often it is looked at
    rig.clock.advance(20)
    look(rig)
    assert rig.get(alert).deliveries[0].lost_at is not None
    assert rig.state(dead) is ChannelState.FAILING


def test_a_delivery_that_nobody_takes_is_reported_too(rig: AlertRig) -> None:
    rig.add(TELEGRAM, canary_every_s=0)
    rig.add(DISCORD, canary_every_s=0, categories=frozenset({Category.RISK}))
    alert = rig.alert()
    rig.raise_alert(alert)
    rig.queue.waiting.clear()
    rig.queue.lossy = True
    for _ in range(2):
        rig.clock.advance(20)
        look(rig)
    rig.queue.lossy = False
    assert rig.get(alert).deliveries[0].lost_at is not None
    rig.clock.advance(16)
    look(rig)
    assert [each["body"].count("does not deliver") for each in rig.sent("discord.com")] == [1]
    assert rig.get(alert).deliveries[0].state is DeliveryState.DELIVERED


def test_each_channel_has_a_canary_every_five_minutes(rig: AlertRig) -> None:
    channel = rig.add(TELEGRAM)
    rig.add(EMAIL, canary_every_s=0)
    for _ in range(15):
        look(rig)
        rig.clock.advance(60)
    paths = [each["path"].rpartition("/")[2] for each in rig.sent("api.telegram.org")]
    assert set(paths) == {"sendChatAction"}
    assert len(paths) in {3, 4}
    canaries = rig.centre.canaries(rig.tenant_id)
    assert {each.channel_id for each in canaries} == {channel.channel_id}
    assert all(each.delivered_at for each in canaries)


def test_a_canary_that_fails_or_never_returns_is_reported(rig: AlertRig) -> None:
    rig.add(TELEGRAM)
    rig.add(EMAIL, canary_every_s=0)
    rig.mood("api.telegram.org", 1, status=401)
    look(rig)
    assert rig.centre.canaries(rig.tenant_id)[0].error_code == "channel.refused"
    rig.clock.advance(20)
    look(rig)
    assert [mail["Subject"] for _, mail in rig.ses.sent] == ["telegram does not deliver"]


def test_a_lost_canary_is_reported(rig: AlertRig) -> None:
    channel = rig.add(TELEGRAM)
    into_span_s = rig.clock.now().timestamp() % channel.canary_every_s
    rig.clock.advance(channel.canary_every_s - into_span_s)  # or the next canary flies before this one is late
    rig.add(EMAIL, canary_every_s=0)
    rig.watch.look(and_again=False)
    rig.queue.waiting.clear()
    rig.clock.advance(40)
    look(rig)
    assert rig.channel(channel).state_code == "canary.late"
    assert len(rig.ses.sent) == 1


def test_two_more_looks_come_before_the_next_minute(rig: AlertRig) -> None:
    rig.watch.look(and_again=True)
    looks = [each.delay_s for each in rig.queue.waiting if each.kind is WorkKind.LOOK]
    assert looks == list(LOOKS_BETWEEN_S)


def test_in_quiet_hours_only_critical_alerts_leave_at_once(rig: AlertRig) -> None:
    rig.add(TELEGRAM, canary_every_s=0)
    rig.centre.choose(rig.tenant_id, Preferences(quiet=ALWAYS, zone="Europe/Berlin"))
    first, second = rig.alert(), rig.alert(title="ETH/USDT fell below 2,000")
    critical = rig.alert(severity=Severity.CRITICAL)
    for alert in (first, second, critical):
        rig.raise_alert(alert)
    rig.work()
    assert len(rig.sent("api.telegram.org")) == 1
    assert {each.way for each in rig.get(first).deliveries} == {Way.QUIET}
    rig.clock.at = rig.get(first).deliveries[0].due_at
    look(rig)
    digest = rig.sent("api.telegram.org")[-1]["body"]
    assert "2 alerts" in digest
    assert "ETH/USDT fell below 2,000" in digest
    assert rig.get(second).deliveries[0].state is DeliveryState.DELIVERED
    look(rig)
    assert len(rig.sent("api.telegram.org")) == 2


def test_more_alerts_of_a_category_than_wanted_come_in_one_digest(rig: AlertRig) -> None:
    rig.add(TELEGRAM, canary_every_s=0)
    rig.centre.choose(rig.tenant_id, Preferences(throttle=Throttle(alerts_max=2, span_s=60)))
    for _ in range(5):
        rig.raise_alert(rig.alert())
    rig.raise_alert(rig.alert(category=Category.RISK))
    rig.work()
    assert len(rig.sent("api.telegram.org")) == 3
    rig.clock.advance(61)
    look(rig)
    assert "3 alerts" in rig.sent("api.telegram.org")[-1]["body"]


def test_little_things_wait_for_the_digest(rig: AlertRig) -> None:
    rig.add(TELEGRAM, canary_every_s=0)
    rig.centre.choose(rig.tenant_id, Preferences(digest_up_to=Severity.INFO, digest_every_min=30))
    rig.raise_alert(little := rig.alert(severity=Severity.INFO))
    rig.raise_alert(rig.alert(severity=Severity.WARNING))
    rig.work()
    assert len(rig.sent("api.telegram.org")) == 1
    due_at = rig.get(little).deliveries[0].due_at
    assert (due_at.minute % 30, due_at.second) == (0, 0)
