"""Where outbound requests may not go, and what an address must look like."""

from collections.abc import Sequence
from ipaddress import ip_address

import pytest

from nightdesk.adapters.notify.outbound import Limits, Outbound, OutboundRoute, Request, is_public
from nightdesk.kernel.errors import Forbidden, InvalidInput, NightdeskError, TooLarge, Unavailable

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "192.168.1.1",
    "192.0.0.192",
    "168.63.129.16",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:a9fe:a9fe::1",
    "2a00:1450:4001:1::5efe:a00:1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
OUTSIDE = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::1.1.1.1"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_inside_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_outside_is(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_refused_even_beside_a_public_address(address: str) -> None:
    outbound = Outbound(OutboundRoute(), resolve=lambda _name, _port: ["93.184.216.34", address])
    for attempt in (
        lambda: outbound.check("https://hooks.example/x"),
        lambda: outbound.send(Request(url="https://hooks.example/x")),
    ):
        with pytest.raises(Forbidden) as refused:
            attempt()
        assert refused.value.code == "outbound.address_refused"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "ftp://hooks.example/",
        "https://",
        "https://user:password@hooks.example/",
        "https://hooks.example:22/",
        "https://hooks.example:99999/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://127.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://hooks.example\\@127.0.0.1/",
        "https://hooks.example/\r\nX: y",
        "https://hooks.exämple/",
        "https://hooks.example/" + "x" * 3000,
        "file:///etc/passwd",
        "",
    ],
)
def test_what_is_no_address_to_send_to_is_refused_before_any_name_is_looked_up(url: str) -> None:
    def never(_name: str, _port: int) -> Sequence[str]:
        raise AssertionError

    with pytest.raises(InvalidInput) as refused:
        Outbound(OutboundRoute(), resolve=never).check(url)
    assert refused.value.code == "outbound.url_refused"
    assert "password" not in str(refused.value) or "user name" in str(refused.value)


def test_a_name_is_looked_up_once() -> None:
    asked: list[str] = []

    def changing(name: str, _port: int) -> Sequence[str]:
        asked.append(name)
        return ["192.0.2.1"] if len(asked) == 1 else ["127.0.0.1"]

    with pytest.raises(NightdeskError):
        Outbound(OutboundRoute(), Limits(connect_s=0.2, total_s=0.5), changing).send(
            Request(url="https://rebind.example/")
        )
    assert asked == ["rebind.example"]


@pytest.mark.parametrize("error", [OSError(), UnicodeError("label empty or too long")])
def test_a_name_that_is_not_known_or_can_be_none_is_unavailable(error: Exception) -> None:
    def unknown(_name: str, _port: int) -> Sequence[str]:
        raise error

    with pytest.raises(Unavailable) as refused:
        Outbound(OutboundRoute(), resolve=unknown).check("https://nobody.example/")
    assert refused.value.code == "outbound.name_unknown"


def test_only_so_much_is_sent() -> None:
    with pytest.raises(TooLarge):
        Outbound(OutboundRoute()).send(Request(url="https://hooks.example/", body=b"x" * 70_000))


def test_stand_ins_are_named_and_nobody_else_is_local() -> None:
    route = OutboundRoute.parse("local:127.0.0.1:8443:hooks.nightdesk.test,discord.com:/desk/ca:with:colons.pem")
    assert route.stand_ins == {"hooks.nightdesk.test", "discord.com"}
    assert (route.host, route.port, route.ca_file) == ("127.0.0.1", 8443, "/desk/ca:with:colons.pem")
    Outbound(route, resolve=lambda *_: ["127.0.0.1"]).check("https://discord.com/x")
    with pytest.raises(Forbidden):
        Outbound(route, resolve=lambda *_: ["127.0.0.1"]).check("https://evil.discord.com.example/x")
    for malformed in ("local", "local:127.0.0.1:x:a:b", "elsewhere"):
        with pytest.raises(InvalidInput):
            OutboundRoute.parse(malformed)


def test_no_text_of_a_request_shows_where_it_goes() -> None:
    assert "secret" not in repr(
        Request(url="https://x.example/secret", headers={"Authorization": "secret"}, body=b"secret")
    )
