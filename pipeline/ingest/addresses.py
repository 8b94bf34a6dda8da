"""Which addresses may be fetched: public ones, on the web's ports, and nothing behind our own walls."""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from clipnet.errors import BadInput
from clipnet.texts import text
from pipeline.ingest.netguard import is_public

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""Turns a host name and a port into addresses; raises OSError when there are none."""

PORTS = (80, 443)


class Refused(BadInput):
    """The address may not be fetched."""


async def system_lookup(host: str, port: int) -> list[str]:
    """Every address that the system's resolver knows for a host."""
    answers = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(answer[4][0]) for answer in answers]


class AddressGuard(AbstractResolver):
    """Checks URLs before, and every resolved address at, the moment of connecting; used as aiohttp's resolver.

    What is checked is what is connected to, so a name that changes its answer in between gains nothing.
    `net_allow` lists "host:port" that are let through to this very machine (development and tests).
    """

    def __init__(self, net_allow: Sequence[str] = (), *, lookup: Lookup = system_lookup) -> None:
        self._allowed = frozenset(net_allow)
        self._lookup = lookup

    def check(self, url: URL) -> None:
        """Raises Refused for a URL that may not be asked for."""
        if url.scheme not in ("http", "https") or not url.host:
            raise Refused(
                text("Only http and https addresses can be fetched."),
                hint=text("Give a link that starts with https://."),
            )
        if url.user is not None or url.password is not None:
            raise Refused(
                text("The link holds a user name or password."), hint=text("Give a link that works without signing in.")
            )
        allowed = f"{url.host}:{url.port}" in self._allowed
        if url.port not in PORTS and not allowed:
            raise Refused(text("The link uses an unusual port."), hint=text("Only the ports 80 and 443 are fetched."))
        if _is_literal(url.host) and not self._may_connect(url.host, url.port or 0, url.host):
            raise _private()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """For aiohttp. Raises Refused when any of a name's addresses is not public."""
        addresses = list(dict.fromkeys(await self._lookup(host, port)))
        if not addresses:
            raise OSError(f"no address for {host}")
        if not all(self._may_connect(host, port, address) for address in addresses):
            raise _private()
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                proto=0,
                flags=socket.AI_NUMERICHOST,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
            )
            for address in addresses
            if family == socket.AF_UNSPEC or (family == socket.AF_INET6) == (":" in address)
        ]

    async def close(self) -> None:
        """Nothing is held."""

    def _may_connect(self, host: str, port: int, address: str) -> bool:
        if is_public(address):
            return True
        return f"{host}:{port}" in self._allowed and ipaddress.ip_address(address).is_loopback


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _private() -> Refused:
    return Refused(
        text("This address lies inside a private network."), hint=text("Give a public link, or upload the file itself.")
    )
