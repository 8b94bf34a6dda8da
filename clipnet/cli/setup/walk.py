"""The steps of the setup in their order, and the way through them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.community import Language
from clipnet.cli.setup import on_discord, on_twitch, on_x, sample
from clipnet.cli.setup.desk import Desk, Skipped
from clipnet.errors import BadInput, ClipNetError
from db import communities
from db.pool import transaction

LANGUAGES: tuple[Language, ...] = ("en", "de", "es")


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        needs: steps without which it makes no sense.
        variables: what has to be set for it to count as taken, in one way or another; a step whose values are gone is
            taken again.
    """

    name: str
    about: str
    take: Callable[[Desk], Awaitable[None]]
    needs: tuple[str, ...] = ()
    variables: tuple[tuple[str, ...], ...] = ((),)

    def stands(self, desk: Desk) -> bool:
        """Whether it was taken and its values are there."""
        whole = any(all(desk.values.get(name) for name in way) for way in self.variables)
        return whole and self.name in desk.found.get("taken", ())


async def _language(desk: Desk) -> None:
    """The language that the community is spoken to in."""

    async def accept(answer: str) -> str:
        if (answer or "en").lower() not in LANGUAGES:
            raise BadInput("That language isn't spoken here.", hint=f"One of: {', '.join(LANGUAGES)}")
        return (answer or "en").lower()

    chosen = await desk.until("language", f"Which language? ({', '.join(LANGUAGES)}; Enter for en)", accept)
    async with transaction(desk.base.queue.pool) as conn:
        await communities.change(conn, int(desk.found["community"]), {"language": chosen})
    await desk.keep("language", language=chosen)


STEPS = (
    Step("discord", "Discord: the bot's token", on_discord.token, variables=(("DISCORD_TOKEN",),)),
    Step("invite", "Discord: into your server", on_discord.invite, ("discord",)),
    Step("channel", "Discord: where clips appear", on_discord.channel, ("invite",)),
    Step("roles", "Discord: who moderates", on_discord.roles, ("invite",)),
    Step("language", "the community's language", _language, ("invite",)),
    Step("keys", "the key that seals consents", on_twitch.keys, variables=(("TOKEN_KEYS",),)),
    Step(
        "twitch",
        "Twitch: the application",
        on_twitch.application,
        variables=(("TWITCH_CLIENT_ID", "TWITCH_CLIENT_SECRET", "TWITCH_BOT_ID"),),
    ),
    Step("bot", "Twitch: the bot's account", on_twitch.bot, ("keys", "twitch")),
    Step("broadcaster", "Twitch: your channel", on_twitch.channel, ("keys", "twitch", "invite")),
    Step(
        "x",
        "X: the bot's account",
        on_x.account,
        variables=(("X_CONSUMER_KEY", "X_ACCESS_TOKEN"), ("X_CLIENT_ID", "TOKEN_KEYS")),
    ),
    Step("test", "a test clip", sample.sample_clip, ("channel",)),
)
NAMES = tuple(step.name for step in STEPS)


async def walk(desk: Desk) -> bool:
    """Take every step that wasn't taken; True when none is left but those that were skipped.

    A step that fails is left for the next run, as are those that need it; what was done is kept at once.
    """
    whole = True
    for step in STEPS:
        taken, skipped = set(desk.found.get("taken", ())), set(desk.found.get("skipped", ()))
        if step.name not in desk.again and step.stands(desk):
            desk.good(f"{step.about} (--again {step.name} asks anew)")
            continue
        if step.name not in desk.again and step.name in skipped:
            desk.tell(f"· {step.about}: left for later (--again {step.name} takes it up)")
            continue
        if lacks := [need for need in step.needs if need not in taken]:
            desk.tell(f"· {step.about}: needs {', '.join(lacks)} first")
            continue
        whole = await _take(desk, step, taken, skipped) and whole
    return whole


async def _take(desk: Desk, step: Step, taken: set[str], skipped: set[str]) -> bool:
    desk.out.rule(step.about, align="left")
    try:
        await step.take(desk)
    except Skipped:
        skipped.add(step.name)
        taken.discard(step.name)
    except ClipNetError as error:
        desk.bad(error)
        return False
    else:
        taken.add(step.name)
        skipped.discard(step.name)
    await desk.keep(step.name, taken=sorted(taken), skipped=sorted(skipped))
    return True
