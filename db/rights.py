"""Whose a source is: only clips of a community's own channels are posted without a moderator's word."""

from dataclasses import dataclass

from asyncpg import Pool

from clipnet.texts import Text, text
from db.pool import Executor

Reader = Executor | Pool


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that a community calls its own, by the platform's id or handle."""

    platform: str
    channel_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Right:
    """Whether a clip may be posted by the vote alone, and why not."""

    alone: bool
    reason: Text


async def link(conn: Executor, community_id: int, platform: str, channel_id: str, name: str) -> bool:
    """Call a channel a community's own; False when it is already."""
    tag: str = await conn.execute(
        """
        insert into community_sources (community_id, platform, channel_id, name) values ($1, $2, $3, $4)
        on conflict do nothing
        """,
        community_id,
        platform,
        channel_id,
        name,
    )
    return tag.endswith(" 1")


async def unlink(conn: Executor, community_id: int, platform: str, channel_id: str) -> bool:
    """A channel is no longer a community's own; False when it wasn't."""
    tag: str = await conn.execute(
        "delete from community_sources where community_id = $1 and platform = $2 and channel_id = $3",
        community_id,
        platform,
        channel_id,
    )
    return tag.endswith(" 1")


async def linked(conn: Reader, community_id: int) -> list[Channel]:
    """The channels of a community."""
    rows = await conn.fetch(
        "select platform, channel_id, name from community_sources where community_id = $1 order by 1, 2", community_id
    )
    return [Channel(**dict(row)) for row in rows]


async def may_post_alone(conn: Reader, clip_id: int) -> Right:
    """Whether an approved clip may be posted though no moderator has said so.

    Its own are the channels that a community linked, and those that are places of it. A stream is known by where it was
    asked for, a video by what its platform says of it. A link is not believed: its words can be anybody's; nor is a
    file, which says nothing of whose it is, wherever it was uploaded.
    """
    row = await conn.fetchrow(
        """
        select r.community_id, s.channels, r.moment_key, exists (
          select from (
            select platform, channel_id from community_sources where community_id = r.community_id
            union all
            select platform, platform_place_id from community_places where community_id = r.community_id) o
          where lower(o.platform || ':' || o.channel_id) = any(s.channels)
            or lower('live:' || o.platform || ':' || o.channel_id) = lower(r.moment_key)) as own
        from clips c join requests r on r.id = c.request_id join sources s on s.id = c.source_id where c.id = $1
        """,
        clip_id,
    )
    if row is None or row["community_id"] is None:
        return Right(False, text("It belongs to no community."))
    if row["own"]:
        return Right(True, text("It is from a channel of this community."))
    if not row["channels"] and not (row["moment_key"] or "").startswith("live:"):
        return Right(False, text("Nobody knows whose video it is, so a moderator has to say yes."))
    return Right(False, text("It is from a channel outside this community, so a moderator has to say yes."))
