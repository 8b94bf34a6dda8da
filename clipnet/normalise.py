"""Spellings of one address brought to one form, without asking any server."""

import contextlib
import ipaddress
import socket
from collections.abc import Iterator
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

_PORTS = {"postgresql": 5432, "redis": 6379, "http": 80, "https": 443}
_SCHEMES = {"postgres": "postgresql", "postgresql+asyncpg": "postgresql", "rediss": "redis", "valkey": "redis"}
_LOOPBACK = {"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"}


def normal_forms(value: str) -> set[str]:
    """What identifies a value, in forms that don't depend on how it is written.

    A URL gives its location (what it leads to: kind, host, port and, except for Redis, path) and, when it has one, its
    password. Anything else gives itself without surrounding blanks.
    """
    text = value.strip()
    parts = urlsplit(text)
    if "://" not in text or not parts.scheme:
        return {f"value:{text}"}
    scheme = _SCHEMES.get(parts.scheme, parts.scheme)
    query = parse_qs(parts.query)
    forms = {f"location:{scheme}://{place}{_path(scheme, parts, query)}" for place in _places(scheme, parts, query)}
    password = unquote(parts.password or query.get("password", [""])[0])
    if password:
        forms.add(f"value:{password}")
    return forms


def normal_host(host: str) -> str:
    """Lower case, no final dot, names in their ASCII form, addresses in their usual form, loopback as 127.0.0.1."""
    name = unquote(host).strip("[]").rstrip(".").lower()
    with contextlib.suppress(UnicodeError):
        name = name.encode("idna").decode()
    address = _address(name)
    if name in _LOOPBACK or (address is not None and address.is_loopback):
        return "127.0.0.1"
    return str(address) if address else name


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        try:
            # Decimal, hexadecimal, octal and short forms, as every resolver reads them.
            return ipaddress.IPv4Address(socket.inet_aton(name)) if name and name[0].isdigit() else None
        except OSError:
            return None
    return getattr(address, "ipv4_mapped", None) or address


def _places(scheme: str, parts: SplitResult, query: dict[str, list[str]]) -> Iterator[str]:
    """Each `host:port`; drivers take hosts from the query too, and several separated by commas."""
    hosts = parts.netloc.rpartition("@")[2] or ",".join(query.get("host", []))
    fallback = (query.get("port") or [str(_PORTS.get(scheme, ""))])[0]
    for spot in hosts.split(","):
        host, port = spot, ""
        if (not spot.endswith("]") and spot.count(":") == 1) or "]:" in spot:
            host, _, port = spot.rpartition(":")
        yield f"{normal_host(host)}:{port or fallback}"


def _path(scheme: str, parts: SplitResult, query: dict[str, list[str]]) -> str:
    """The database of a PostgreSQL, the path of a web address; all databases of one Redis are one place."""
    if scheme == "redis":
        return parts.path if parts.scheme == "unix" else ""
    name = unquote(parts.path).strip("/") or "".join(query.get("dbname", query.get("database", []))[:1])
    return f"/{name}"
