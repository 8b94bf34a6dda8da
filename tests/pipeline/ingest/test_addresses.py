"""Which addresses count as public."""

import pytest
from yarl import URL

from pipeline.ingest.addresses import AddressGuard, Refused
from pipeline.ingest.netguard import is_public


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:4700::1111"])
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.0.8",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:1::",
        "::127.0.0.1",
        "nonsense",
    ],
)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/x",
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest",
        "http://user:pw@example.com/",
        "http://example.com:22/",
        "http://example.com:8080/",
        "https://10.0.0.1/",
        "data:text/plain,x",
        "/etc/passwd",
        "http:///x",
    ],
)
def test_refused_before_anything_is_asked(url: str) -> None:
    with pytest.raises(Refused) as caught:
        AddressGuard().check(URL(url))
    assert caught.value.hint


def test_an_allowed_place_is_that_host_and_port_only() -> None:
    guard = AddressGuard(["127.0.0.1:8123"])
    guard.check(URL("http://127.0.0.1:8123/x"))
    with pytest.raises(Refused):
        guard.check(URL("http://127.0.0.1:8124/x"))


async def test_every_answer_of_a_name_is_checked() -> None:
    async def mixed(_host: str, _port: int) -> list[str]:
        return ["93.184.216.34", "10.0.0.7"]

    with pytest.raises(Refused):
        await AddressGuard(lookup=mixed).resolve("example.com", 80)
