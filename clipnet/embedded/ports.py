"""Free ports on loopback."""

import socket


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on now; another process may still be faster."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def hold() -> tuple[int, socket.socket]:
    """A TCP port on 127.0.0.1, and what keeps it ours until that is closed.

    While it is open the system gives the port to nobody; a server that is told of it can listen there all the same.
    """
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", 0))
    return keeper.getsockname()[1], keeper


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def reserve(port: int) -> socket.socket | None:
    """Keep a port of 127.0.0.1 for what is about to listen on it, for as long as the result is open.

    None when somebody listens there, or another ClipNet, maybe still starting, has reserved it.
    """
    mark = socket.socket(socket.AF_UNIX)
    try:
        # An abstract name: it is gone with the process, however that ends.
        mark.bind(f"\0clipnet-port-{port}")
    except OSError:
        mark.close()
        return None
    if is_free(port):
        return mark
    mark.close()
    return None
