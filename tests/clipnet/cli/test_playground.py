"""The playground's parts: what it takes from outside, who plays, what the page's server answers and refuses."""

import asyncio
import json
import re
import signal
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from clipnet.cli import playground
from clipnet.cli.playground.broadcast import AHEAD_S, LISTED, PIECE_S, Broadcast
from clipnet.cli.playground.cast import CROWD, PEOPLE, Cast, assembled
from clipnet.cli.playground.platforms import Platforms, platforms
from clipnet.cli.playground.shown import Shown
from clipnet.cli.playground.site import PAGE, Play, Site
from clipnet.cli.playground.variables import token_keys, variables
from clipnet.errors import Misconfigured
from clipnet.relations import settings_of
from clipnet.settings import Settings as AllSettings
from clipnet.settings import load_settings
from tests.fakes.discord import Upload

MOST_SCRIPT = 40_000
OUTSIDE = "/page/..%2F..%2F..%2F..%2Fweb%2Fdashboard%2Fapp.js"


@dataclass(frozen=True, slots=True)
class Stand:
    """The page's server and what stands behind it, without api and worker."""

    url: str
    platforms: Platforms
    cast: Cast
    client: aiohttp.ClientSession
    worker: asyncio.subprocess.Process

    async def trouble(self, where: str, kind: str) -> tuple[int, dict[str, Any]]:
        """Status and answer of trouble that is asked for."""
        async with self.client.post(f"{self.url}/trouble", json={"where": where, "kind": kind}) as response:
            return response.status, await response.json()

    async def act(self, what: str, **body: Any) -> tuple[int, dict[str, Any]]:
        """Status and answer of an act."""
        async with self.client.post(f"{self.url}/act/{what}", json=body) as response:
            return response.status, await response.json()

    async def items(self) -> dict[str, dict[str, Any]]:
        """What a page that opens now is told, by key."""
        async with self.client.get(f"{self.url}/events") as response:
            assert await response.content.readline() == b"event: all\n"
            data = await response.content.readline()
        return {item["key"]: item for item in json.loads(data.removeprefix(b"data: "))}


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with AsyncExitStack() as stack:
        stands = await stack.enter_async_context(platforms(tmp_path / "commands.json"))
        cast = assembled(stands)
        cast.samples = {"race.mp4": Upload("race.mp4", b"not really a video", "video/mp4")}
        places = {"origin": "http://127.0.0.1:9", "discord": stands.discord.cdn_base, "x": stands.x.url}
        broadcast = Broadcast(_nothing)
        worker = await asyncio.create_subprocess_exec("sleep", "60")
        stack.push_async_callback(worker.wait)
        stack.callback(partial(_end, worker))
        play = Play(stands, cast, Shown(stands, cast, broadcast, places), broadcast, {"worker": worker}, "token")
        url = await stack.enter_async_context(Site(play, 0).serving())
        client = await stack.enter_async_context(aiohttp.ClientSession())
        yield Stand(url, stands, cast, client, worker)


def test_without_a_checkout_it_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="needs a checkout"):
        playground._check_checkout(tmp_path)
    playground._check_checkout(playground.CHECKOUT)


def test_a_taken_port_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(Misconfigured, match="is taken"):
        playground._port(server.getsockname()[1])


def test_nothing_real_gets_in_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {name for each in settings_of(AllSettings) for name in (each.variable,)}
    for name in known:
        monkeypatch.setenv(name, "somebody's own")
    passed = {name for name, value in playground._environ(tmp_path, 1).items() if value == "somebody's own"}
    assert passed <= {"LOG_LEVEL"}


async def test_everyone_has_the_same_ids_at_every_start(tmp_path: Path) -> None:
    seen = []
    for _ in range(2):
        async with platforms(tmp_path / "commands.json") as stands:
            cast = assembled(stands)
            seen.append((cast.guild.id, _ids(cast.members), _ids(cast.chatters), _ids(cast.accounts), cast.x_bot.id))
    assert seen[0] == seen[1]
    assert set(seen[0][1]) == set(PEOPLE)


def _ids(people: dict[str, Any]) -> dict[str, str]:
    return {name: one.id for name, one in people.items()}


async def test_discord_remembers_the_commands_from_start_to_start(tmp_path: Path) -> None:
    command = {"id": "7", "name": "clip", "type": 1}
    async with platforms(tmp_path / "commands.json") as stands:
        stands.discord.ledger.commands[None] = {"7": command}
    async with platforms(tmp_path / "commands.json") as stands:
        assert stands.discord.ledger.command("clip", None) == command


async def test_the_variables_are_settings_that_both_roles_accept(tmp_path: Path) -> None:
    keys = token_keys(tmp_path)
    async with platforms(tmp_path / "commands.json") as stands:
        given = variables(stands, assembled(stands), "http://127.0.0.1:9", keys)
    known = {each.variable for each in settings_of(AllSettings)}
    assert set(given) <= known
    urls = {"DATABASE_URL": "postgresql://a@127.0.0.1/a", "REDIS_URL": "redis://127.0.0.1/0"}
    settings = load_settings({"ENV": "dev", **urls, **given}, folder=tmp_path)
    assert settings.discord.api_base.startswith("http://127.0.0.1:")
    assert token_keys(tmp_path) == keys


async def test_what_somebody_writes_is_shown_on_every_platform(stand: Stand) -> None:
    for platform, who in (("discord", "Vera"), ("twitch", "Mo"), ("x", "Olga")):
        status, said = await stand.act(f"{platform}/say", who=who, text="what a race")
        assert status == 200
        item = (await stand.items())[f"{platform}:{said['message']}"]
        assert (item["author"], item["text"], item["bot"]) == (who, "what a race", False)


async def test_a_video_is_played_from_the_pages_own_address(stand: Stand) -> None:
    for platform in ("discord", "x"):
        _, said = await stand.act(f"{platform}/say", who="Vera", text="look", sample="race.mp4")
        item = (await stand.items())[f"{platform}:{said['message']}"]
        assert item["videos"][0].startswith(f"/media/{platform}/")
        async with stand.client.get(stand.url + item["videos"][0]) as response:
            assert (response.status, await response.read()) == (200, b"not really a video")


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("discord/say", {"who": "Nobody", "text": "hello"}),
        ("discord/say", {"who": "Vera", "text": ""}),
        ("discord/slash", {"who": "Vera", "command": "nonsense"}),
        ("discord/press", {"who": "Vera", "message": "1", "button": "x"}),
        ("discord/fill", {"who": "Vera", "form": "1", "fields": {}}),
        ("twitch/delete", {"who": "Vera", "message": "1"}),
        ("twitch/crowd", {"wants": "nonsense"}),
        ("x/say", {"who": "Vera", "text": "hello", "sample": "none.mp4"}),
        ("x/say", {"who": "Vera", "text": "hello", "more": 1}),
    ],
)
async def test_what_cant_be_done_is_said(stand: Stand, what: str, body: dict[str, Any]) -> None:
    if body.get("text") == "":
        body = {**body, "text": "x" * 2001}
    status, said = await stand.act(what, **body)
    assert status == 400
    assert said["problem"]


async def test_a_moderator_bans_from_the_server_and_ends_it(stand: Stand) -> None:
    _, said = await stand.act("discord/say", who="Vera", text="oops")
    assert (await stand.act("discord/ban", who="Vik", message=said["message"]))[0] == 400
    assert (await stand.act("discord/ban", who="Mo", message=said["message"]))[0] == 200
    assert (await stand.items())[f"discord:{said['message']}"]["banned"]
    assert (await stand.act("discord/say", who="Vera", text="me again"))[0] == 400
    assert (await stand.act("discord/ban", who="Mo", message=said["message"]))[0] == 200
    assert (await stand.act("discord/say", who="Vera", text="me again"))[0] == 200


async def test_a_moderator_times_somebody_out_on_twitch(stand: Stand) -> None:
    _, said = await stand.act("twitch/say", who="Vera", text="oops")
    assert (await stand.act("twitch/timeout", who="Vik", message=said["message"]))[0] == 400
    assert (await stand.act("twitch/timeout", who="Mo", message=said["message"]))[0] == 200
    assert (await stand.items())[f"twitch:{said['message']}"]["gone"]
    assert (await stand.act("twitch/say", who="Vera", text="me again"))[0] == 400


async def test_the_crowd_speaks_with_one_voice(stand: Stand) -> None:
    assert (await stand.act("twitch/crowd", wants="clip"))[0] == 200
    said = [item for item in (await stand.items()).values() if item.get("text") == "!clip"]
    assert sorted(item["author"] for item in said) == list(CROWD)


async def test_viewers_have_no_part_in_the_moderators_channel(stand: Stand) -> None:
    assert (await stand.act("discord/say", who="Mo", text="hm", channel="mods"))[0] == 200
    assert (await stand.act("discord/say", who="Vera", text="hm", channel="mods"))[0] == 400


async def test_only_moderators_take_others_messages_away(stand: Stand) -> None:
    _, said = await stand.act("discord/say", who="Vera", text="oops")
    assert (await stand.act("discord/delete", who="Vik", message=said["message"]))[0] == 400
    assert (await stand.act("discord/delete", who="Mo", message=said["message"]))[0] == 200
    assert f"discord:{said['message']}" not in await stand.items()


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://elsewhere.example"}, {"Host": "elsewhere.example"}, {"Content-Type": "text/plain"}],
)
async def test_other_sites_can_do_nothing(stand: Stand, headers: dict[str, str]) -> None:
    body = json.dumps({"who": "Vera", "text": "hello"})
    sent = {"Content-Type": "application/json", **headers}
    async with stand.client.post(f"{stand.url}/act/discord/say", data=body, headers=sent) as response:
        assert response.status == 403
    assert stand.platforms.discord.ledger.messages == {}


async def test_the_page_loads_nothing_from_elsewhere(stand: Stand) -> None:
    async with stand.client.get(stand.url) as response:
        assert response.status == 200
        policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    for path in ("/page/%2e%2e%2fsite.js", OUTSIDE, "/media/elsewhere/x", "/page/none.js"):
        async with stand.client.get(URL(stand.url + path, encoded=True)) as response:
            assert response.status == 404


def test_the_script_is_small_and_makes_no_markup_of_texts() -> None:
    scripts = {path.name: path.read_text(encoding="utf-8") for path in PAGE.glob("*.js")}
    assert sum(map(len, scripts.values())) < MOST_SCRIPT
    for text in scripts.values():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", text)
        assert all(name.startswith("./") for name in _imports(text))
        assert {name.removeprefix("./") for name in _imports(text)} <= set(scripts)


def _imports(text: str) -> Iterable[str]:
    return re.findall(r'from "([^"]+)"', text)


@pytest.mark.parametrize(("kind", "status"), [("429", 429), ("503", 503)])
async def test_trouble_meets_the_next_request_of_that_platform_alone(stand: Stand, kind: str, status: int) -> None:
    assert (await stand.trouble("discord", kind))[0] == 200
    got = []
    for base in (stand.platforms.discord.api_base, stand.platforms.discord.api_base):
        headers = {"Authorization": f"Bot {stand.platforms.discord.bot_token}", "User-Agent": "DiscordBot (test, 1)"}
        async with stand.client.get(f"{base}/users/@me", headers=headers) as response:
            got.append(response.status)
    assert got == [status, 200]


async def test_a_part_of_clipnet_is_killed(stand: Stand) -> None:
    assert (await stand.trouble("worker", "kill"))[0] == 200
    assert await stand.worker.wait() == -signal.SIGKILL
    for where, kind in (("worker", "kill"), ("api", "kill"), ("discord", "kill"), ("worker", "429")):
        status, said = await stand.trouble(where, kind)
        assert (status, bool(said["problem"])) == (400, True)


def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()


async def _nothing() -> list[Path]:
    return []


async def test_a_stream_goes_round_and_says_where(tmp_path: Path) -> None:
    parts = [tmp_path / f"{number}.ts" for number in range(4)]

    async def cut() -> list[Path]:
        return parts

    broadcast = Broadcast(cut)
    with pytest.raises(LookupError):
        broadcast.playlist()
    await broadcast.start()
    lines = broadcast.playlist().splitlines()
    assert sum(line.startswith("#EXTINF") for line in lines) == LISTED == AHEAD_S / PIECE_S
    assert lines.count("#EXT-X-DISCONTINUITY") == (LISTED - 1) // len(parts)
    broadcast.stop()
    with pytest.raises(LookupError):
        broadcast.playlist()
