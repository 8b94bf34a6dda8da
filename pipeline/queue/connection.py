"""Connections to Redis that a cancellation always ends."""

import asyncio
from typing import Any, Final

from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection


class _Steady(AbstractConnection):
    """Sends like its base, but lets no cancellation get lost.

    The client sends inside `asyncio.wait_for`, which before Python 3.12 swallows a cancellation that arrives once the
    sending is done. Whoever waits for the cancelled task would then wait without end.
    """

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        """As the client's own."""
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        try:
            await super().send_packed_command(command, check_health)
        finally:
            if task and task.cancelling() > before:
                # Its answer will not be read by anybody, so the connection can't be used again.
                await self.disconnect(nowait=True)
                raise asyncio.CancelledError


class _SteadyTcp(_Steady, Connection):
    pass


class _SteadyTls(_Steady, SSLConnection):
    pass


class _SteadyUnix(_Steady, UnixDomainSocketConnection):
    pass


STEADY: Final[dict[type[AbstractConnection], type[AbstractConnection]]] = {
    Connection: _SteadyTcp,
    SSLConnection: _SteadyTls,
    UnixDomainSocketConnection: _SteadyUnix,
}
"""The connections that take the place of the client's own."""
