"""How many jobs a group of lanes runs at a time."""

import asyncio


class Slots:
    """A count that can be waited for."""

    def __init__(self, total: int) -> None:
        self.free = total
        self._given = asyncio.Event()

    async def some(self) -> int:
        """Wait until at least one is free; returns how many are."""
        while not self.free:
            self._given.clear()
            await self._given.wait()
        return self.free

    def take(self) -> None:
        """Use one."""
        self.free -= 1

    def give(self) -> None:
        """Free one."""
        self.free += 1
        self._given.set()
