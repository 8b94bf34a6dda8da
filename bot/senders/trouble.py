"""`clipbot:trouble`: tell those who look after a community that a platform shut ClipNet out, and what to do."""

from bot.community import CommunitySettings, Spot, read_settings
from bot.senders.desk import ROWS, Desk
from bot.speaker import Telling
from bot.vocabulary import Action, Field, Reply
from clipnet.errors import NotFound
from clipnet.texts import Text, text
from db import communities
from pipeline.jobs import Trouble
from pipeline.worker.handler import Done, JobContext


async def tell_trouble(desk: Desk, ctx: JobContext, payload: Trouble) -> Done:
    """Say it once, where moderators talk, else in the clip channel; nowhere on the platform that is in trouble.

    Raises:
        NotFound: the community is gone, or nobody here speaks on the platform of that channel.
    """
    community = await communities.get(ctx.pool, payload.community_id)
    if community is None:
        raise NotFound(text("What this trouble is about is gone."))
    settings = read_settings(community.settings)
    spot = _where(settings, payload.platform)
    if spot is None:
        return Done({"told": False})
    effect = f"trouble:{community.id}:{payload.episode}"
    telling = Telling(_words(payload), key=effect.replace(":", "-"), language=settings.language)
    spoken = await desk.say(ctx, effect, spot.place(), telling)
    return Done({"told": True, "message": spoken.id})


def _where(settings: CommunitySettings, platform: str) -> Spot | None:
    spots = (settings.ops_channel, settings.clip_channel)
    return next((spot for spot in spots if spot and spot.platform not in (platform, *ROWS)), None)


def _words(trouble: Trouble) -> Reply:
    channel, platform, todo = trouble.channel, trouble.platform.capitalize(), text("What to do")
    if trouble.what == "banned":
        told = text(
            "ClipNet's bot was banned from the chat of {channel} on {platform}: nobody can ask there.",
            channel=channel,
            platform=platform,
        )
        return Reply(told, (Field(todo, text("Lift the ban there, and make the bot a moderator.")),))
    if trouble.what == "sign-in":
        told = text(
            "{platform} takes the sign-in of the bot's account no longer: nothing is heard or answered there.",
            platform=platform,
        )
        how = text("Say “clipnet setup --again x” where ClipNet runs, and sign in as the bot's account.")
        return Reply(told, (Field(todo, how),))
    if trouble.what == "bot":
        told = text(
            "ClipNet is cut off from {platform}: its bot's consent was taken back or has run out.", platform=platform
        )
        return _asking(told, Field(todo, text("Press Connect and follow it, signed in as the bot.")), trouble)
    told = text(
        "{channel} no longer lets ClipNet in on {platform}: its consent was taken back or has run out.",
        channel=channel,
        platform=platform,
    )
    how = text("The broadcaster presses Connect and follows it; or the channel makes the bot a moderator.")
    return _asking(told, Field(todo, how), trouble)


def _asking(told: Text, todo: Field, trouble: Trouble) -> Reply:
    connect = Action(text("Connect"), "connect", {"platform": trouble.platform, "as": trouble.what})
    return Reply(told, (todo,), actions=(connect,))
