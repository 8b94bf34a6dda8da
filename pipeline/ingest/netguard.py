"""An audit hook that keeps a process from connecting inwards and from starting others.

Stand-alone (standard library only): the child that runs a downloader of others installs it before importing that.
The hook sees the real address of `socket.connect`, after names and redirects, so it can't be talked round.
"""

import ipaddress
import sys
from typing import Any

STARTERS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty",
            "pty.spawn")
SENDERS = ("socket.connect", "socket.sendto", "socket.sendmsg")


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
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    inner = getattr(found, "ipv4_mapped", None)
    found = inner if inner is not None else found
    return found.is_global and not found.is_multicast and not found.is_reserved
