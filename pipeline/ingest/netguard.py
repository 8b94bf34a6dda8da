"""An audit hook that keeps a process from connecting inwards and from starting others.

Stand-alone (standard library only): the child that runs a downloader of others installs it before importing that.
The hook sees the real address of `socket.connect`, after names and redirects, so it can't be talked round.
"""

import ipaddress
import sys
from typing import Any

STARTERS = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.forkpty",
    "pty.spawn",
)
NEVER = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"))
)
"""What the standard library calls global in some versions, and IPv6 ranges that carry an IPv4 address inside."""
SENDERS = ("socket.connect", "socket.sendto", "socket.sendmsg")


def is_public(address: str) -> bool:
    """Whether a literal address lies in the public internet."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if any(found in network for network in NEVER if network.version == found.version):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved


def install(allowed: frozenset[str] = frozenset()) -> None:
    """Installs the hook for the life of this process; `allowed` are "address:port" on loopback."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in STARTERS:
            raise PermissionError(f"{event} is refused")
        if event in SENDERS and not _may_send(arguments[1], allowed):
            raise PermissionError("a connection into a private network is refused")

    sys.addaudithook(hook)


def _may_send(address: Any, allowed: frozenset[str]) -> bool:
    if not isinstance(address, tuple) or len(address) < 2:
        return False
    host, port = str(address[0]), address[1]
    if f"{host}:{port}" in allowed:
        return True
    return is_public(host)
