"""`setup`: whoever runs a place makes it a community, step by step; what is decided holds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from bot.answer import Answer
from bot.commands.setup import Steps
from bot.consent import Asked, Purpose, Standing
from bot.context import Services
from bot.rooms import Room, pick
from bot.router import Router
from bot.vocabulary import Invocation, Place
from tests.bot.rig import Ledger, Person

BOSS = frozenset({"administrator"})


@dataclass
class Server:
    """A server as `Rooms` shows it; `lacks` are rights that the bot hasn't got in a channel."""

    lacks: dict[str, list[str]] = field(default_factory=dict)

    async def homes(self) -> Sequence[Room]:
        return [Room("100", "Arena")]

    async def channels(self, home: str) -> Sequence[Room]:
        assert home == "100"
        return [Room("1", "#general"), Room("2", "#clips")]

    async def roles(self, home: str) -> Sequence[Room]:
        assert home == "100"
        return [Room("7", "@Mods"), Room("8", "@twice"), Room("9", "@twice")]

    async def lacking(self, home: str, channel: str) -> Sequence[str]:
        assert home == "100"
        return self.lacks.get(channel, [])


@dataclass
class Codes:
    """A `Consent` that only hands out codes."""

    platform: str = "twitch"
    purposes: Mapping[str, Purpose] = field(
        default_factory=lambda: {"broadcaster": Purpose("the broadcaster", {"channel:bot": "to answer"})}
    )
    begun: list[tuple[int, str, int | None]] = field(default_factory=list)

    async def start(self, user_id: int, purpose: str, community_id: int | None) -> Asked:
        self.begun.append((user_id, purpose, community_id))
        return Asked("https://www.twitch.tv/activate", "ABCD", 1800)

    async def standing(self, user_id: int) -> Sequence[Standing]:  # noqa: ARG002
        return []

    async def end(self, user_id: int, purpose: str | None) -> int:  # noqa: ARG002
        return 0


@dataclass
class Boss:
    """Whoever runs the server, by Discord's own rights."""

    router: Router
    person: Person
    count: int = 0

    async def say(self, command: str, roles: frozenset[str] = BOSS, /, **args: str) -> Answer:
        self.count += 1
        said = self.person.invocation(event=f"setup-{self.count}", command=f"setup {command}", args=args)
        answer = await self.router.handle(
            Invocation(
                said.event_id,
                "discord",
                said.actor,
                Place("discord", "2", within="100"),
                command=said.command,
                args=said.args,
                place_roles=roles,
            )
        )
        assert answer is not None
        return answer


@pytest.fixture
def server(services: Services) -> Server:
    found = Server()
    services.rooms["discord"] = found
    return found


@pytest.fixture
def boss(router: Router, server: Server) -> Boss:  # noqa: ARG001
    return Boss(router, Person(router, "boss", surface="discord"))


def steps(answer: Answer) -> dict[str, bool]:
    assert answer.problem is None, answer.reply.text
    assert isinstance(answer.reply.data, Steps)
    return {step.name: step.done for step in answer.reply.data.steps}


async def settings(ledger: Ledger) -> dict[str, object]:
    found: dict[str, object] = json.loads(await ledger.value("select settings::text from communities"))
    return found


async def test_the_checklist_says_what_is_done_and_offers_what_is_left(boss: Boss, ledger: Ledger) -> None:
    first = await boss.say("show")
    assert steps(first) == {"channel": False, "roles": False, "twitch": False, "language": True, "test": False}
    assert first.reply.private
    assert [action.command for action in first.reply.actions] == [
        "setup channel",
        "setup twitch",
        "setup test",
        "setup done",
    ]
    assert await ledger.value("select name from communities") == "Arena"
    assert await ledger.value("select platform_place_id from community_places") == "100"

    assert steps(await boss.say("channel", channel="here"))["channel"]
    assert steps(await boss.say("roles", right="moderator", role="@Mods"))["roles"]
    await boss.say("language", language="es")
    assert await settings(ledger) == {
        "clip_channel": {"platform": "discord", "id": "2", "name": "clips"},
        "roles": {"discord:7": "moderator"},
        "language": "es",
    }
    assert (await boss.say("show")).reply.text == "Faltan 2 pasos."


async def test_the_bosss_moderators_moderate_at_once(boss: Boss, router: Router) -> None:
    await boss.say("roles", right="moderator", role="Mods")
    mod = Person(router, "mo", surface="discord")
    said = mod.invocation(command="bans", place_roles=frozenset({"7"}))
    at_home = Invocation(
        said.event_id, "discord", said.actor, Place("discord", "5", within="100"), command="bans",
        place_roles=frozenset({"7"}),
    )  # fmt: skip
    answer = await router.handle(at_home)
    assert answer
    assert answer.problem is None
    await boss.say("roles", right="nobody", role="7")
    answer = await router.handle(Invocation("again", "discord", said.actor, at_home.place, command="bans"))
    assert answer
    assert answer.problem
    assert answer.problem.status == 403


@pytest.mark.parametrize("roles", [frozenset(), frozenset({"7", "moderator", "owner"})])
async def test_nobody_else_sets_a_place_up(boss: Boss, ledger: Ledger, roles: frozenset[str]) -> None:
    answer = await boss.say("show", roles)
    assert answer.problem
    assert answer.problem.status == 403
    assert await ledger.value("select count(*) from communities") == 0


async def test_wrong_answers_are_told_what_to_do(boss: Boss, server: Server, ledger: Ledger) -> None:
    server.lacks["1"] = ["Attach Files"]
    wrong: tuple[tuple[str, dict[str, str], str], ...] = (
        ("channel", {"channel": "#nowhere"}, "There is no “#nowhere”"),
        ("channel", {"channel": "general"}, "Give its role there: Attach Files."),
        ("roles", {"right": "owner", "role": "twice"}, "or there are several"),
        ("test", {}, "Choose one first: setup channel."),
    )
    for command, args, sentence in wrong:
        answer = await boss.say(command, BOSS, **args)
        assert answer.problem, command
        assert sentence in answer.reply.text, answer.reply.text
    assert await ledger.value("select count(*) from communities") == 0


async def test_a_setup_goes_on_where_it_was_and_ends(boss: Boss, ledger: Ledger) -> None:
    await boss.say("channel", channel="clips")
    await boss.say("show")
    rows = await ledger.conn.fetch("select step, ended_at from setups")
    assert [(row["step"], row["ended_at"]) for row in rows] == [("channel", None)]
    await boss.say("done")
    await boss.say("show")
    assert await ledger.value("select count(*) from setups where ended_at is null") == 1
    assert await ledger.value("select count(*) from setups") == 2


async def test_twitch_is_connected_by_a_code_that_only_they_see(boss: Boss, services: Services, ledger: Ledger) -> None:
    codes = Codes()
    services.consents["twitch"] = codes
    answer = await boss.say("twitch")
    assert answer.reply.private
    assert "ABCD" in answer.reply.text
    assert codes.begun == [
        (
            await ledger.value("select user_id from setups"),
            "broadcaster",
            await ledger.value("select id from communities"),
        )
    ]
    assert (await settings(ledger))["roles"] == {"twitch:moderator": "moderator", "twitch:broadcaster": "owner"}


async def test_the_test_clip_is_a_request_like_any_other(boss: Boss, ledger: Ledger) -> None:
    await boss.say("channel", channel="clips")
    answer = await boss.say("test")
    assert answer.problem is None, answer.reply.text
    row = await ledger.conn.fetchrow(
        "select r.options::text, s.kind from requests r join sources s on s.id = r.source_id"
    )
    assert row is None or row["kind"] == "file"
    assert await ledger.value("select count(*) from jobs where kind = 'clip:process'") == 1
    shown = await boss.say("show")
    assert [field.value for field in shown.reply.fields][-1] == "queued"


async def test_on_twitch_the_broadcaster_is_told_where_to_go_on(router: Router, ledger: Ledger) -> None:
    ann = Person(router, "ann", surface="twitch")
    answer = await ann.say("!setup", place_roles=frozenset({"broadcaster"}))
    assert "/setup in your Discord server" in answer.reply.text
    assert await ledger.value("select count(*) from communities") == 0


def test_rooms_are_picked_by_mention_id_or_name() -> None:
    rooms = [Room("1", "#clips"), Room("2", "#Clips"), Room("3", "@Mods"), Room("4", "#1")]
    assert [pick(rooms, typed) for typed in ("<#2>", "1", "<@&3>", "mods", "clips", "")] == [
        rooms[1],
        rooms[0],
        rooms[2],
        rooms[2],
        None,
        None,
    ]
