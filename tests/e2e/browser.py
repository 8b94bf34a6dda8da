"""A real Chromium, driven as a person would: clicks, keys and what can be read, over its own debugging protocol."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

import aiohttp
import psutil
import pytest

from clipnet.ending import end

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
STARTED_S: Final = 60.0
LOOK_MS: Final = 50
PATIENCE_S: Final = 200.0
"""A clip is waited for as well, and others may use the machine."""
KEYS: Final = {"Enter": 13, "Tab": 9, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38}
FIND: Final = """
    const shown = (node) => node.getClientRects().length > 0;
    const found = (selector, words) => [...document.querySelectorAll(selector)]
      .filter((node) => shown(node) && (node.textContent + (node.ariaLabel || "")).includes(words)).at(-1);
    const loaded = () => [...document.querySelectorAll("video")]
      .every((video) => !shown(video) || video.readyState > 0 || video.error);
    const still = (selector, words) => {
      const node = found(selector, words);
      if (!node || !loaded()) return null;
      node.scrollIntoView({block: "center", behavior: "instant"});
      const { left, top, width, height } = node.getBoundingClientRect();
      const was = node.was;
      node.was = [left, top, width, height].join();
      return was === node.was && {x: left + width / 2, y: top + Math.min(height / 2, 20)};
    };
"""
"""What scripts of tests may use: the last visible element of a selector that says some words, and the point of it that
can be clicked once it has stood still from one look to the next and no video is about to grow."""


def chromium() -> str:
    """The browser: what CLIPNET_BROWSER names, else one on the PATH; skips the test where there is none."""
    given = os.environ.get("CLIPNET_BROWSER")
    path = given or next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium here; set CLIPNET_BROWSER to one")
    return path


class Tab:
    """One page of the browser. Every wait fails the test when what it waits for doesn't come."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.complaints: list[str] = []
        """Errors that the page's scripts threw, and what the browser refused to load."""

    async def listen(self) -> None:
        """Take in answers and events until the connection ends."""
        async for message in self._socket:
            told = json.loads(message.data)
            if waiting := self._asked.pop(told.get("id", 0), None):
                waiting.set_result(told)
            elif told.get("method") == "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(told["params"]["exceptionDetails"]))
            elif told.get("method") == "Log.entryAdded" and told["params"]["entry"]["level"] == "error":
                self.complaints.append(json.dumps(told["params"]["entry"]))

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the protocol; what it answers."""
        number = next(self._numbers)
        waiting = self._asked[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        told = await waiting
        assert "error" not in told, (method, told)
        answer: dict[str, Any] = told["result"]
        return answer

    async def value(self, script: str) -> Any:
        """What an expression is on the page."""
        source = f"(() => {{ {FIND} return ({script}); }})()"
        answer = await self.ask("Runtime.evaluate", expression=source, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, (script, answer)
        return answer["result"].get("value")

    async def until(self, script: str, within_s: float = PATIENCE_S) -> Any:
        """The first value of an expression that is neither empty nor false."""
        look = f"const look = () => {{ const now = {script}; now ? done(now) : setTimeout(look, {LOOK_MS}); }}; look();"
        try:
            async with asyncio.timeout(within_s):
                return await self.value(f"new Promise((done) => {{ {look} }})")
        except TimeoutError:
            pytest.fail(f"not seen: {script}; the page says:\n{await self.value('document.body.innerText')}")

    async def sees(self, selector: str, words: str = "", within_s: float = PATIENCE_S) -> str:
        """The text of the last visible such element, as soon as there is one."""
        found = f"found({json.dumps(selector)}, {json.dumps(words)})"
        return str(await self.until(f"{found} && (({found}).innerText || '-')", within_s))

    async def click(self, selector: str, words: str = "", *, button: str = "left") -> None:
        """Click in the middle of the last visible such element."""
        await self.sees(selector, words)
        place = await self.until(f"still({json.dumps(selector)}, {json.dumps(words)})")
        kinds = ("mousePressed", "mouseReleased")
        # Both at once: what is drawn anew between them gets no click.
        await asyncio.gather(
            *(self.ask("Input.dispatchMouseEvent", type=kind, button=button, clickCount=1, **place) for kind in kinds)
        )

    async def type(self, words: str) -> None:
        """Write into what has the focus."""
        await self.ask("Input.insertText", text=words)

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            about = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
            text = {"text": "\r"} if key == "Enter" else {}
            await self.ask("Input.dispatchKeyEvent", type="keyDown", **about, **text)
            await self.ask("Input.dispatchKeyEvent", type="keyUp", **about)


@asynccontextmanager
async def browsing(url: str, folder: Path) -> AsyncIterator[Tab]:
    """A browser that shows `url`, keeping what is its own in `folder`; ended with the block."""
    options = ["--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}", "--window-size=1280,900"]
    options += ["--no-first-run", "--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    browser = await asyncio.create_subprocess_exec(
        chromium(), *options, "about:blank", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    assert browser.stderr is not None
    try:
        address = await asyncio.wait_for(_address(browser), STARTED_S)
        async with (
            aiohttp.ClientSession() as client,
            client.ws_connect(await _page(client, address), max_msg_size=0) as socket,
        ):
            tab = Tab(socket)
            listening = [asyncio.create_task(tab.listen()), asyncio.create_task(browser.stderr.read())]
            try:
                for method in ("Runtime.enable", "Log.enable", "Page.enable"):
                    await tab.ask(method)
                await tab.ask("Page.navigate", url=url)
                yield tab
            finally:
                await end(listening)
    finally:
        family = psutil.Process(browser.pid).children(recursive=True) if browser.returncode is None else []
        with suppress(ProcessLookupError):
            browser.terminate()
        await browser.communicate()
        psutil.wait_procs(family, timeout=30)


async def _page(client: aiohttp.ClientSession, address: str) -> str:
    """Where the first page is spoken to; it comes a moment after the browser."""
    async with asyncio.timeout(STARTED_S):
        while True:
            async with client.get(f"http://{address}/json/list") as response:
                for one in await response.json():
                    if one["type"] == "page":
                        return str(one["webSocketDebuggerUrl"])
            await asyncio.sleep(LOOK_MS / 1000)


async def _address(browser: asyncio.subprocess.Process) -> str:
    assert browser.stderr is not None
    said = ""
    while line := (await browser.stderr.readline()).decode(errors="replace"):
        said += line
        if line.startswith("DevTools listening on ws://"):
            return line.removeprefix("DevTools listening on ws://").split("/")[0]
    raise AssertionError(f"the browser did not start:\n{said}")
