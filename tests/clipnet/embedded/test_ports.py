"""Ports that are chosen now and listened on later."""

import asyncio
import socket

import pytest

from clipnet.embedded.ports import hold


async def test_a_port_that_is_held_is_given_to_nobody_but_whom_it_is_for() -> None:
    port, kept = hold()
    with kept:
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))
        for _ in range(2):  # and again, as after a restart
            server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port)
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await writer.wait_closed()
            server.close()
            await server.wait_closed()
