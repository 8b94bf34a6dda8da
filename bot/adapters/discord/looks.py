"""A reply as Discord shows it: an embed within its limits, links below each other for their previews, buttons."""

from collections.abc import Collection, Sequence

import discord

from bot.adapters.discord.markup import NO_WIDTH, plain
from bot.vocabulary import Field, Media, Progress, Reply
from bot.words import note, stage
from clipnet.texts import Text, text

LONGEST_CONTENT = 2000
LONGEST_TEXT = 4096
LONGEST_NAME = 256
LONGEST_VALUE = 1024
MOST_FIELDS = 25
LONGEST_EMBED = 6000
BAR = 12
NOBODY = discord.AllowedMentions(everyone=False, users=False, roles=False, replied_user=False)
ASKER = discord.AllowedMentions(everyone=False, users=False, roles=False, replied_user=True)
"""Of all that a message names, only the person whom it answers is notified."""
MARK = "https://clipnet.invalid/#"
"""What an embed's address begins with. Without a title it isn't shown; its end names the message for us."""


def embed_of(reply: Reply, key: str = "") -> discord.Embed:
    """What a reply says. Nothing in it acts as markup."""
    said = discord.Embed(description=cut(plain(reply.text), LONGEST_TEXT) or NO_WIDTH)
    if key:
        said.url = MARK + key
    left = LONGEST_EMBED - len(said)
    for field in reply.fields[:MOST_FIELDS]:
        name, value = _pair(field)
        if len(name) + len(value) > left:
            break
        said.add_field(name=name, value=value, inline=False)
        left -= len(name) + len(value)
    return said


def key_of(embeds: Sequence[discord.Embed]) -> str | None:
    """The key of a message of ours, as its embed keeps it."""
    marked = (embed.url for embed in embeds if embed.url and embed.url.startswith(MARK))
    return next((url.removeprefix(MARK) for url in marked), None)


def links_of(media: Sequence[Media], base_url: str | None, *, without: Collection[str] = ()) -> str:
    """Where media can be seen, a line each; Discord shows a player below. `without`: keys that are sent as files."""
    lines: list[str] = []
    for each in media:
        link = each.url or (f"{base_url.rstrip('/')}/api/v1/media/{each.key}" if base_url else "")
        if each.key not in without and link and sum(map(len, lines)) + len(lines) + len(link) <= LONGEST_CONTENT:
            lines.append(link)
    return "\n".join(lines)


def bar_of(progress: Progress) -> Text:
    """How far a request is."""
    share = min(max(progress.fraction, 0.0), 1.0)
    full = round(share * BAR)
    bar = "▓" * full + "░" * (BAR - full)
    doing: str = stage(progress.stage)
    if progress.note:
        doing = text("{stage}, {note}", stage=doing, note=note(progress.note))
    if progress.eta_s is None:
        return text("{stage}: {bar} {percent} %", stage=doing, bar=bar, percent=round(share * 100))
    left = text("about {seconds} s left", seconds=max(1, round(progress.eta_s)))
    return text(
        "{stage}: {bar} {percent} %, {left}",
        stage=doing,
        bar=bar,
        percent=round(share * 100),
        left=left,
    )


def cut(words: str, most: int) -> str:
    """At most so many characters."""
    return words if len(words) <= most else words[: most - 1].rstrip("\\") + "…"


def _pair(field: Field) -> tuple[str, str]:
    return cut(plain(field.label), LONGEST_NAME) or NO_WIDTH, cut(plain(field.value), LONGEST_VALUE) or NO_WIDTH
