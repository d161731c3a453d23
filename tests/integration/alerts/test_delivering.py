"""An alert leaves by every channel that takes it, once, however it is redelivered, killed or refused."""

import base64
import hashlib
import hmac
import json
import struct
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from nightdesk.alerts.channels import Wishes
from nightdesk.alerts.model import ChannelKind, ChannelState, DeliveryState, Severity
from nightdesk.alerts.preferences import Preferences
from nightdesk.alerts.sealing import Address
from nightdesk.kernel.errors import InvalidInput, NightdeskError
from nightdesk.runtime import correlation
from tests.builders.alerts import DISCORD, EMAIL, TELEGRAM, WEBHOOK, AlertRig

pytestmark = pytest.mark.integration


def test_an_alert_reaches_every_channel_once_with_every_hop(rig: AlertRig) -> None:
    for address in (TELEGRAM, DISCORD, WEBHOOK, EMAIL):
        rig.add(address)
    alert = rig.alert("breach")
    assert rig.raise_alert(alert)
    assert not rig.raise_alert(alert)
    works = list(rig.queue.waiting)
    rig.work()
    rig.queue.waiting = works  # SQS delivers at least once
    rig.work()
    hosts = ["api.telegram.org", "discord.com", "hooks.nightdesk.test"]
    assert [len(rig.sent(host)) for host in hosts] == [1, 1, 1]
    ((to, mail),) = rig.ses.sent
    assert (to, mail["Subject"]) == ("anna@mail.example", alert.title)
    raised = rig.get(alert)
    assert {each.state for each in raised.deliveries} == {DeliveryState.DELIVERED}
    for each in raised.deliveries:
        assert None not in (each.queued_at, each.taken_at, each.sent_at, each.delivered_at)
        assert (each.attempts, each.error_code) == (1, None)
    assert sum(each.receipt is not None for each in raised.deliveries) == 3  # a webhook gives none
    assert raised.alert.hops == alert.hops


def test_a_webhook_is_signed_over_time_identity_and_body(rig: AlertRig) -> None:
    rig.add(WEBHOOK)
    alert = rig.alert()
    rig.raise_alert(alert)
    rig.work()
    (sent,) = rig.sent("hooks.nightdesk.test")
    identity = sent["headers"]["x-nightdesk-delivery"]
    assert identity == str(rig.get(alert).deliveries[0].delivery_id)
    at, signed = (part.partition("=")[2] for part in sent["headers"]["x-nightdesk-signature"].split(","))
    wanted = hmac.new(b"webhook-secret", f"{at}.{identity}.{sent['body']}".encode(), hashlib.sha256).hexdigest()
    assert signed == wanted
    assert json.loads(sent["body"])["facts"] == {"price": "49999"}


def test_a_browser_can_read_what_is_pushed(rig: AlertRig) -> None:
    private, secret = ec.generate_private_key(ec.SECP256R1()), b"sixteen-bytes-ok"
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    parts = {"endpoint": "https://push.nightdesk.test/p/1", "p256dh": _encoded(point), "auth": _encoded(secret)}
    rig.add(Address(ChannelKind.WEB_PUSH, parts))
    rig.raise_alert(rig.alert(severity=Severity.CRITICAL))
    rig.work()
    (sent,) = rig.sent("push.nightdesk.test")
    assert sent["headers"]["urgency"] == "high"
    assert len(sent["headers"]["topic"]) == 32
    shown = json.loads(_opened(base64.b64decode(sent["body"]), private, secret))
    assert (shown["title"], shown["severity"]) == ("BTC/USDT fell below 50,000", "critical")


def test_what_is_refused_for_now_is_sent_again_later(rig: AlertRig) -> None:
    channel = rig.add(TELEGRAM)
    rig.mood("api.telegram.org", 2, status=503)
    alert = rig.alert()
    rig.raise_alert(alert)
    rig.work()
    (delivery,) = rig.get(alert).deliveries
    assert (delivery.state, delivery.attempts, delivery.error_code) == (DeliveryState.WAITING, 1, "channel.unavailable")
    assert rig.state(channel) is ChannelState.FAILING
    for seconds in (1, 2):
        rig.clock.advance(seconds)
        rig.work(seconds=seconds)
    (delivery,) = rig.get(alert).deliveries
    assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 3)
    assert rig.state(channel) is ChannelState.VERIFIED


def test_a_channels_own_pause_is_kept(rig: AlertRig) -> None:
    rig.add(DISCORD)
    rig.mood("discord.com", 1, status=429, headers={"Retry-After": "17"})
    rig.raise_alert(rig.alert())
    rig.work()
    assert [each.delay_s for each in rig.queue.waiting] == [17]


def test_a_dead_channel_escalates_to_the_second_after_n_seconds(rig: AlertRig) -> None:
    rig.add(TELEGRAM)
    second = rig.add(EMAIL, only_escalated=True)
    rig.centre.choose(rig.tenant_id, Preferences(escalate_to=second.channel_id, escalate_after_s=20))
    rig.mood("api.telegram.org", 99, status=500)
    alert = rig.alert()
    rig.raise_alert(alert)
    rig.work(seconds=19)
    assert rig.ses.sent == []
    rig.clock.advance(20)
    rig.work(seconds=20)
    assert [to for to, _ in rig.ses.sent] == ["anna@mail.example"]
    by_channel = {each.channel_id: each for each in rig.get(alert).deliveries}
    assert by_channel[second.channel_id].escalated
    rig.raise_alert(other := rig.alert())
    rig.paper.admin("DELETE", "/channels/sent")
    rig.work(seconds=20)
    assert len(rig.get(other).deliveries) == 1  # the first channel works again: nothing to escalate


def test_what_can_never_arrive_fails_at_once_and_escalates(rig: AlertRig) -> None:
    rig.add(TELEGRAM)
    second = rig.add(EMAIL, only_escalated=True)
    rig.centre.choose(rig.tenant_id, Preferences(escalate_to=second.channel_id, escalate_after_s=600))
    rig.mood("api.telegram.org", 99, status=403)
    alert = rig.alert()
    rig.raise_alert(alert)
    rig.work()
    assert [each.state for each in rig.get(alert).deliveries if not each.escalated] == [DeliveryState.FAILED]
    assert len(rig.ses.sent) == 1


def test_a_sender_that_died_leaves_a_lease_that_ends(rig: AlertRig) -> None:
    rig.add(TELEGRAM)
    alert = rig.alert()
    rig.raise_alert(alert)
    (work,) = rig.queue.waiting
    rig.queue.waiting.clear()
    with pytest.raises(KeyboardInterrupt):
        _killed_while_sending(rig).work(work)
    rig.sending.work(work)
    assert rig.sent("api.telegram.org") == []  # another still has it
    rig.clock.advance(31)
    rig.sending.work(work)
    assert len(rig.sent("api.telegram.org")) == 1
    assert rig.get(alert).deliveries[0].attempts == 2


def test_addresses_are_sealed_and_never_shown(rig: AlertRig, caplog: pytest.LogCaptureFixture) -> None:
    rig.mood("api.telegram.org", 1, status=500)
    channel = rig.channels.add(rig.tenant_id, "mine", TELEGRAM, wishes=Wishes(), correlation_id=correlation.new())
    with pytest.raises(NightdeskError) as refused:
        rig.channels.test(rig.tenant_id, channel.channel_id, correlation.new())
    with rig.custody.addresses(rig.tenant_id) as store:
        sealed = store.get(rig.tenant_id, channel.channel_id)
    assert sealed is not None
    kept = sealed.ciphertext + sealed.wrapped_key
    for text in (repr(channel), str(refused.value), caplog.text, repr(TELEGRAM), repr(sealed)):
        assert "secret_token" not in text
    assert b"secret_token" not in kept
    other = rig.channels.add(rig.tenant_id, "other", DISCORD, wishes=Wishes(), correlation_id=correlation.new())
    with pytest.raises(NightdeskError, match="does not open"):
        rig.custody.vault.open(rig.tenant_id, other.channel_id, sealed)


def test_only_a_channel_that_a_test_message_reached_is_used(rig: AlertRig) -> None:
    channel = rig.channels.add(rig.tenant_id, "mine", EMAIL, wishes=Wishes(), correlation_id=correlation.new())
    alert = rig.alert()
    rig.raise_alert(alert)
    assert rig.get(alert).deliveries == ()
    with pytest.raises(InvalidInput, match="new test"):
        rig.channels.verify(rig.tenant_id, channel.channel_id, "123456")
    rig.channels.test(rig.tenant_id, channel.channel_id, correlation.new())
    assert "123456" in rig.ses.sent[0][1].get_payload()
    with pytest.raises(InvalidInput, match="not the code"):
        rig.channels.verify(rig.tenant_id, channel.channel_id, "654321")
    assert rig.channels.verify(rig.tenant_id, channel.channel_id, " 123456 ").state is ChannelState.VERIFIED


def test_a_code_can_be_guessed_five_times_only(rig: AlertRig) -> None:
    channel = rig.channels.add(rig.tenant_id, "mine", EMAIL, wishes=Wishes(), correlation_id=correlation.new())
    rig.channels.test(rig.tenant_id, channel.channel_id, correlation.new())
    codes = []
    for guess in ["000000"] * 5 + ["123456"]:
        with pytest.raises(InvalidInput) as wrong:
            rig.channels.verify(rig.tenant_id, channel.channel_id, guess)
        codes.append(wrong.value.code)
    assert codes == ["channel.code_wrong"] * 5 + ["channel.code_expired"]


def test_a_program_that_answers_with_the_code_verifies_itself(rig: AlertRig) -> None:
    channel = rig.channels.add(rig.tenant_id, "mine", WEBHOOK, wishes=Wishes(), correlation_id=correlation.new())
    assert rig.channels.test(rig.tenant_id, channel.channel_id, correlation.new()).state is ChannelState.VERIFIED


def test_a_removed_channel_is_forgotten_with_its_address(rig: AlertRig) -> None:
    channel = rig.add(TELEGRAM)
    alert = rig.alert()
    rig.raise_alert(alert)
    rig.channels.remove(rig.tenant_id, channel.channel_id, correlation.new())
    rig.work()
    assert rig.sent("api.telegram.org") == []
    assert rig.get(alert).deliveries[0].error_code == "channel.removed"
    with rig.custody.addresses(rig.tenant_id) as store:
        assert store.get(rig.tenant_id, channel.channel_id) is None


def _killed_while_sending(rig: AlertRig) -> Any:
    class Dying:
        def send(self, *_: object) -> None:
            raise KeyboardInterrupt

    sending = rig.sending
    dying = type(sending).__new__(type(sending))
    dying.__dict__.update(sending.__dict__ | {"_senders": {ChannelKind.TELEGRAM: Dying()}})
    return dying


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _opened(sealed: bytes, private: ec.EllipticCurvePrivateKey, secret: bytes) -> bytes:
    """What RFC 8291 has a browser do."""
    salt, (size,) = sealed[:16], struct.unpack("!B", sealed[20:21])
    theirs, ciphertext = sealed[21 : 21 + size], sealed[21 + size :]
    shared = private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
    own = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    key = HKDF(hashes.SHA256(), 32, secret, b"WebPush: info\0" + own + theirs).derive(shared)
    content = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(key)
    nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(key)
    return AESGCM(content).decrypt(nonce, ciphertext, None).rstrip(b"\2")
