"""What alerts need from outside, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nightdesk.alerts.channels import Tested
from nightdesk.alerts.model import ChannelId, Work
from nightdesk.alerts.sealing import Address
from nightdesk.alerts.signals import Signal
from nightdesk.kernel.ids import CorrelationId, TenantId


@dataclass(slots=True)
class FakeAlertQueue:
    """Holds works until the test has them done; a lossy one forgets them."""

    waiting: list[Work] = field(default_factory=list)
    lossy: bool = False

    def send(self, works: Sequence[Work]) -> None:
        if not self.lossy:
            self.waiting += works


@dataclass(slots=True)
class FakeSenderGate:
    """Keeps addresses, and the code of the last test."""

    kept: dict[ChannelId, Address] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)

    def seal(self, tenant_id: TenantId, channel_id: ChannelId, address: Address, correlation_id: CorrelationId) -> None:
        del tenant_id, correlation_id
        self.kept[channel_id] = address

    def test(self, tenant_id: TenantId, channel_id: ChannelId, code: str, correlation_id: CorrelationId) -> Tested:
        del tenant_id, channel_id, correlation_id
        self.codes.append(code)
        return Tested(shows_code=False)

    def forget(self, tenant_id: TenantId, channel_id: ChannelId, correlation_id: CorrelationId) -> None:
        del tenant_id, correlation_id
        self.kept.pop(channel_id, None)

    def push_key(self, correlation_id: CorrelationId) -> str:
        del correlation_id
        return "B" * 87


@dataclass(slots=True)
class FakeSignalNews:
    """Keeps what was told."""

    told: list[Signal] = field(default_factory=list)

    def tell(self, signal: Signal) -> None:
        self.told.append(signal)
