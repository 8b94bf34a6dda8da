"""The playground as a person has it: started, played on all three platforms at once, voted, ended, started again."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from tests.processes import processes_of

ROOT = Path(__file__).parents[2]
STARTED_S = 60.0
PATIENCE_S = 90.0
SAMPLE = "the-race.mp4"

Item = dict[str, Any]


@dataclass(slots=True)
class Page:
    """What somebody's browser does and sees."""

    url: str
    client: aiohttp.ClientSession
    items: dict[str, Item] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def act(self, what: str, **body: Any) -> Item:
        """Do something as a player."""
        async with self.client.post(f"{self.url}/act/{what}", json=body) as response:
            said: Item = await response.json()
        assert response.status == 200, said
        assert not said.get("failed"), said
        return said

    async def until(self, look: Callable[[Item], Any], within_s: float = PATIENCE_S) -> Item:
        """The first item in which `look` finds something."""
        try:
            async with asyncio.timeout(within_s):
                while not (found := next((item for item in self.items.values() if look(item)), None)):
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            shown = [{k: v for k, v in item.items() if v and k != "commands"} for item in self.items.values()]
            pytest.fail(f"not seen; the page shows {json.dumps(shown, indent=1)}")
        return found

    async def follow(self) -> None:
        """Take in every event."""
        timeout = aiohttp.ClientTimeout(total=None)
        async with self.client.get(f"{self.url}/events", timeout=timeout, read_bufsize=1 << 22) as response:
            while line := await response.content.readline():
                if line.startswith(b"data: "):
                    told = json.loads(line.removeprefix(b"data: "))
                    self.items |= {item["key"]: item for item in told if isinstance(item, dict)}
                    self.changed.set()


@asynccontextmanager
async def playing(state: Path) -> AsyncIterator[tuple[Page, asyncio.subprocess.Process]]:
    """A playground of its own; ended by Ctrl-C, after which nothing runs that it started."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "clipnet", "playground", "--port", "0",
        env={**inherited, "PYTHONPATH": str(ROOT), "CLIPNET_STATE_DIR": str(state)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=state,
    )  # fmt: skip
    try:
        url = await asyncio.wait_for(_address(process), STARTED_S)
        async with aiohttp.ClientSession() as client:
            page = Page(url, client)
            following = asyncio.create_task(page.follow())
            yield page, process
            following.cancel()
        started = [*psutil.Process(process.pid).children(recursive=True), *processes_of(state)]
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        said = (await process.stdout.read()).decode()
        assert await process.wait() in (0, 130), said
        assert "Traceback" not in said
        _, alive = psutil.wait_procs(started, timeout=10)
        assert (alive, processes_of(state)) == ([], [])
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    said = ""
    while line := (await process.stdout.readline()).decode():
        said += line
        if line.startswith("The playground is on "):
            return line.split()[-1]
    raise AssertionError(f"it did not start:\n{said}")


def listens(platform: str) -> Callable[[Item], bool]:
    """Whether ClipBOT listens there, and on Discord has told its commands."""
    return lambda item: bool(
        item["key"] == f"state:{platform}" and item["listening"] and item.get("commands", True) and platform
    )


def clip_on(column: str, **wanted: str) -> Callable[[Item], bool]:
    """A message of ClipBOT's with a video in it."""

    def look(item: Item) -> bool:
        ours = item["column"] == column and item.get("bot") and _videos(item)
        return bool(ours and all(item.get(name) == value for name, value in wanted.items()))

    return look


def _videos(item: Item) -> list[str]:
    """Where the videos of a message are: attached to it, or behind its links."""
    return item.get("videos") or list(item.get("links", {}).values())


def _button(item: Item, label: str) -> str | None:
    """The id of a button of a message."""
    return next((one["id"] for row in item["rows"] for one in row if label in one.get("label", "")), None)


@pytest.mark.timeout(240)
async def test_three_chats_are_played(tmp_path: Path) -> None:
    async with playing(tmp_path) as (page, _):
        for platform in ("discord", "twitch", "x"):
            await page.until(listens(platform))
        await page.act("discord/slash", who="Vera", command="clip", options={"file": SAMPLE, "count": "1"})
        async with page.client.get(f"{page.url}/cast") as response:
            link = next(one for one in (await response.json())["links"] if one.endswith(SAMPLE))
        await page.act("twitch/say", who="Vik", text=f"!clip {link} --count 1")
        asked = await page.act("x/say", who="Wanda", text="@clipbot clip this", sample=SAMPLE)

        announced = await page.until(clip_on("discord", channel="clips"))
        for seen in (clip_on("discord", channel="general"), clip_on("twitch"), clip_on("x", thread=asked["message"])):
            item = await page.until(seen)
            async with page.client.get(page.url + _videos(item)[0]) as response:
                assert response.status == 200
                assert (await response.content.read(12))[4:8] == b"ftyp"

        upvote = announced["rows"][0][0]["id"]
        for who in ("Wanda", "Vik"):
            await page.act("discord/press", who=who, message=announced["id"], button=upvote)
        passed = await page.until(lambda item: item["key"] == announced["key"] and _button(item, "Approve") is not None)
        # Nobody knows whose video an upload is, so the vote alone doesn't do.
        await page.act("discord/press", who="Mo", message=announced["id"], button=_button(passed, "Approve"))
        await page.until(lambda item: item["key"] == announced["key"] and "approved" in json.dumps(item["embeds"]))
        assert [item["violations"] for item in page.items.values() if item.get("violations")] == []

    async with playing(tmp_path) as (page, _):
        await page.until(listens("discord"))
        await page.act("discord/slash", who="Vera", command="clips")
        await page.until(lambda item: item.get("only") == "Vera" or (item.get("bot") and "ready" in json.dumps(item)))
