"""Manners on every surface: who isn't spoken to says nothing, mistakes get one line, waits are told once."""

from collections.abc import Callable

import pytest

from bot.adapters.discord.markup import plain
from bot.adapters.twitch.line import line
from bot.adapters.x.words import LONGEST, quiet, weight
from bot.command import Command, Limit, Param
from bot.context import Context, Services
from bot.params import INTEGER
from bot.registry import Registry
from bot.router import Router
from bot.views import Changed
from bot.vocabulary import Field, Reply, Surface
from clipnet.texts import text
from tests.bot.rig import Ledger, Person

CHATS: tuple[Surface, ...] = ("discord", "twitch")
HOSTILE = (
    "@everyone",
    "@here",
    "<@&1>",
    "<@1>",
    "<#1>",
    "[x](http://evil.example)",
    "\u202eevil",
    "Z\u0351\u036b\u0343a\u0369\u0346l\u0312\u0317g\u0325\u0302o\u0349",
    "/w streamer hello",
    ".ban streamer",
    "/me dances",
    "!clip",
    "@somebody #tag $CASH evil.example http://evil.example",
    "**bold** `code` ||spoiler||",
    "line\nbreak\r\n/ban x",
)


async def _greet(ctx: Context, *, times: int) -> Reply:  # noqa: ARG001
    return Reply(text("Hello."), data=Changed(kind="request", id="000000", state="queued"))


GREET = Command(
    name="greet",
    help="Say hello",
    handler=_greet,
    data=Changed,
    params=(Param("times", INTEGER, "how often", required=True, positional=True),),
    limit=Limit(1, 60),
)


@pytest.fixture
def polite(services: Services) -> Router:
    """A router with one command, which may be used once a minute."""
    return Router(services, Registry([GREET]))


@pytest.mark.parametrize("surface", CHATS)
@pytest.mark.parametrize("words", ["hello all", "greet 1", "!nothing of ours", "!", "!!!", "what a clip!", ""])
async def test_what_is_not_for_us_is_ignored(polite: Router, ledger: Ledger, surface: Surface, words: str) -> None:
    assert await polite.handle(Person(polite, "ann", surface=surface).invocation(words)) is None
    assert await ledger.value("select count(*) from audit") == 0


@pytest.mark.parametrize("surface", CHATS)
async def test_a_mistake_gets_one_line_with_the_usage(polite: Router, surface: Surface) -> None:
    ann = Person(polite, "ann", surface=surface)
    for words in ("!greet", "!greet many", "!greet 1 2", "!greet --nothing 1"):
        answer = await ann.say(words)
        assert answer.problem
        assert answer.problem.status == 422
        assert "\n" not in answer.reply.text
        if words != "!greet many":
            assert answer.reply.text.count("Usage: greet TIMES") == 1


@pytest.mark.parametrize("surface", ["discord", "twitch", "x", "web", "console"])
async def test_how_long_to_wait_is_said_once(polite: Router, surface: Surface) -> None:
    ann = Person(polite, "ann", surface=surface)
    said = [await ann.say(command="greet", args={"times": 1}) for _ in range(4)]
    assert said[0].problem is None
    assert said[1].problem
    assert said[1].problem.retry_after_s
    assert f"Wait {said[1].problem.retry_after_s:.0f} s." in said[1].reply.text
    assert [answer.quiet for answer in said] == [False, False, True, True]


@pytest.mark.parametrize(("surface", "quiet"), [("twitch", True), ("x", True), ("discord", False), ("console", False)])
async def test_who_is_banned_hears_nothing_in_public_and_little_elsewhere(
    polite: Router, ledger: Ledger, surface: Surface, quiet: bool
) -> None:
    ann = Person(polite, "ann", surface=surface)
    await ledger.conn.execute("update users set banned_at = now() where id = $1", await ann.user_id())
    said = [await ann.say(command="greet", args={"times": 1}) for _ in range(3)]
    assert all(answer.problem and answer.problem.status == 403 for answer in said)
    assert [answer.quiet for answer in said] == [quiet, True, True]


@pytest.mark.parametrize("words", HOSTILE)
def test_what_people_wrote_is_never_sent_as_a_command_of_twitch(words: str) -> None:
    for reply in (Reply(words), Reply("Title", (Field(words, words),)), Reply(f"  {words}")):
        sent = line(reply)
        assert not sent.startswith(("/", ".", "!"))
        assert "\n" not in sent
        assert "\r" not in sent
        assert len(sent) <= 500


@pytest.mark.parametrize("words", HOSTILE)
def test_what_people_wrote_pings_and_masks_nothing_on_discord(words: str) -> None:
    shown = plain(words)
    for acts in ("@everyone", "@here", "<@", "<#", "](http"):
        assert acts not in shown, shown
    assert "**" not in shown.replace("\\*", "")


@pytest.mark.parametrize("words", HOSTILE)
def test_what_people_wrote_names_tags_and_links_nothing_on_x(words: str) -> None:
    shown = quiet(words)
    for acts in ("@s", "@e", "@h", "#t", "$C", "evil.example", "http://"):
        assert acts not in shown
    assert weight(shown) <= LONGEST


@pytest.mark.parametrize("shows", [plain, quiet])
def test_ordinary_words_stay_readable(shows: Callable[[str], str]) -> None:
    assert shows("What a goal") == "What a goal"
