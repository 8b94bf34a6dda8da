"""The playground as a person has it: played on three platforms at once, in a browser, and started again."""

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

from clipnet.ending import end
from tests.e2e.browser import Tab, browsing, chromium
from tests.processes import GONE_S, left_in, processes_of

ROOT = Path(__file__).parents[2]
STARTED_S = 300.0
PATIENCE_S = 150.0
SAMPLE = "the-race.mp4"
LONG_SAMPLE = "a-day-in-the-street.mp4"
"""What takes long enough that one can change one's mind."""

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


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the playgrounds of this file keep what they know, and the videos, which take a while to make."""
    return tmp_path_factory.mktemp("played")


@asynccontextmanager
async def playing(state: Path, *options: str) -> AsyncIterator[tuple[Page, asyncio.subprocess.Process]]:
    """A playground of its own; ended by Ctrl-C, after which nothing runs that it started."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "clipnet", "playground", "--port", "0", *options,
        env={**inherited, "PYTHONPATH": str(ROOT), "CLIPNET_STATE_DIR": str(state)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=state,
    )  # fmt: skip
    try:
        url = await asyncio.wait_for(_address(process), STARTED_S)
        async with aiohttp.ClientSession() as client:
            page = Page(url, client)
            following = asyncio.create_task(page.follow())
            yield page, process
            await end([following])
        started = [*psutil.Process(process.pid).children(recursive=True), *processes_of(state)]
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        said = (await process.stdout.read()).decode()
        assert await process.wait() in (0, 130), said
        assert "Traceback" not in said
        _, alive = psutil.wait_procs(started, timeout=GONE_S)
        assert (alive, left_in(state)) == ([], [])
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


@pytest.mark.timeout(900)
async def test_three_chats_are_played(state: Path) -> None:
    async with playing(state) as (page, _):
        for platform in ("discord", "twitch", "x"):
            await page.until(listens(platform))
        await page.act("discord/slash", who="Vera", command="clip", options={"file": SAMPLE, "count": "1"})
        async with page.client.get(f"{page.url}/cast") as response:
            link = next(one for one in (await response.json())["links"] if one.endswith(SAMPLE))
        await page.act("twitch/say", who="Vik", text=f"!clip {link} --count 1")
        asked = await page.act("x/say", who="Wanda", text="@clipbot clip this", sample=SAMPLE)

        announced = await page.until(lambda item: clip_on("discord", channel="clips")(item) and item["rows"])
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

    async with playing(state) as (page, _):
        await page.until(listens("discord"))
        await page.act("discord/slash", who="Vera", command="clips")
        kept = await page.until(lambda item: item.get("asked") == "Vera used /clips" and item["embeds"])
        # The one approved above is whichever was announced first, Vera's or another's.
        assert [told.split(",")[0] in ("ready", "approved") for _, told in kept["embeds"][0]["fields"]] == [True]


@pytest.mark.timeout(900)
async def test_a_newcomer_plays_it_in_a_browser(state: Path, tmp_path: Path) -> None:
    chromium()
    async with playing(state, "--fresh") as (page, _), browsing(page.url, tmp_path / "browser") as tab:
        await tab.sees("#discord header", "ClipBOT listens")
        assert await tab.value("document.querySelector('.items').textContent") == "", (
            "nothing is left of what was played"
        )
        await _command(tab, "clip")
        await tab.value(f"document.activeElement.value = '{SAMPLE}'")
        await tab.press("Tab")
        await tab.click(".command button", "Send /clip")
        await tab.sees("#discord .message", "Vera used /clip")
        await tab.sees("#discord .message video")
        await tab.click("#discord .tabs button", "#clips")
        await tab.sees("#discord .message video")
        await _vote_and_approve(tab)
        await tab.click("#discord .tabs button", "#general")
        await _change_the_title(tab)
        await _use_the_menu(tab)
        assert tab.complaints == []
        assert await tab.value(NAMELESS) == []


NAMELESS = """[...document.querySelectorAll("button, input, select, textarea, video, dialog, [role=log]")]
    .filter((node) => shown(node) && !node.textContent.trim() && !node.ariaLabel && !node.labels?.length)
    .map((node) => node.outerHTML)"""
"""Controls that a screen reader has no name for."""


AT_THE_END = (
    """((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 60)(document.querySelector("#discord .log"))"""
)
"""Whether the newest message can be read without scrolling."""


async def _command(tab: Tab, name: str) -> None:
    """Give a slash command by the keyboard alone, up to its first field."""
    await tab.click("#discord .composer input")
    await tab.type(f"/{name}")
    await tab.sees("[role=option][aria-selected=true]", f"/{name}")
    await tab.press("Enter")
    await tab.sees(".command", f"/{name}")


async def _vote_and_approve(tab: Tab) -> None:
    for count, who, label in ((1, "Wanda", "👍 1"), (2, "Vik", "Approve")):
        await tab.click("#people label", who)
        await tab.click("#discord .rows button", "👍")
        await tab.until(f"found('#discord .embed', '{count} for')")
        # The message with the buttons shows it a moment later, and is drawn anew.
        await tab.sees("#discord .rows button", label)
    await tab.click("#people label", "Mo")
    await tab.click("#discord .rows button", "Approve")
    await tab.sees("#discord .embed", "approved")


async def _change_the_title(tab: Tab) -> None:
    """Through what is completed, a button and the form that it opens with the title that there is."""
    await tab.click("#people label", "Vera")
    await _command(tab, "show")
    await tab.sees("[role=option]")
    await tab.press("ArrowDown", "Enter", "Enter")
    await tab.sees("#discord .rows button", "Title")
    await tab.until(AT_THE_END)
    await tab.click("#discord .rows button", "Title")
    assert "everything happened" in await tab.until("document.querySelector('#form [name=title]')?.value")
    await tab.until("document.activeElement.name === 'title' && (document.activeElement.select(), true)")
    await tab.type("The great race")
    await tab.click("#form button", "Submit")
    await tab.sees("#discord .embed", "is called “The great race” now")


async def _use_the_menu(tab: Tab) -> None:
    """“Clip this” under somebody's video, by the right mouse button and the keys; then take it back."""
    await tab.value(f"(document.querySelector('#discord .composer select').value = '{LONG_SAMPLE}', true)")
    await tab.click("#discord .composer button", "Send")
    await tab.sees("#discord .message:not(:has(.badge)) video")
    await tab.click("#discord .message:not(:has(.badge)) .head", "Vera", button="right")
    await tab.sees("#menu [role=menuitem]:focus", "Clip this")
    await tab.press("Enter")
    await tab.sees("#discord .message", "Vera used Clip this")
    await tab.click("#discord .rows button", "Cancel")
    await tab.sees("#discord .message", "ancelled")
