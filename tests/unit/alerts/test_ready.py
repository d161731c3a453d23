"""The sender is kept ready: a schedule makes it and sends nothing."""

import pytest

import functions.alerts_send.handler as alerts_send
from tests.fakes.desk import FakeInvocation


def test_the_schedule_only_makes_it_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    made = iter([object()])
    monkeypatch.setattr(alerts_send, "wire", lambda: next(made))
    assert alerts_send.handler({"detail-type": "Scheduled Event"}, FakeInvocation()) == {"ready": True}
    assert not list(made)
