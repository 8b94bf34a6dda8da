"""What `link` and `unlink` find: the scenes of `tests.bot.scenes` for them."""

from typing import TYPE_CHECKING

from tests.bot.rig import Person

if TYPE_CHECKING:
    from tests.bot.scenes import Scene


async def claimed(scene: "Scene", permits: bool) -> str:
    """Somebody has repeated the owner's code."""
    other = await Person(
        scene.owner.router, f"other-{await scene.ledger.value('select count(*) from users')}"
    ).user_id()
    await scene.ledger.conn.execute("delete from link_codes")
    await scene.ledger.conn.execute(
        """
        insert into link_codes (code_hash, user_id, expires_at, claimed_by, claimed_platform, claimed_name)
        select repeat('a', 64), $1, now() + interval '1 h', $2, 'console', 'Other' where $3
        """,
        await scene.owner.user_id(),
        other,
        permits,
    )
    return "--yes"


async def linked(scene: "Scene", permits: bool) -> str:
    """An account was linked to the owner's, who is banned elsewhere."""
    conn, owner = scene.ledger.conn, await scene.owner.user_id()
    await conn.execute("delete from identities where platform = 'twitch'")
    if permits:
        elsewhere = await scene.ledger.community("elsewhere")
        await conn.execute(
            "insert into bans (community_id, user_id) values ($1, $2) on conflict do nothing", elsewhere, owner
        )
        other = await conn.fetchval(
            "insert into users (display_name, merged_into) values ('Other', $1) returning id", owner
        )
        await conn.execute(
            "insert into identities (platform, platform_user_id, user_id, joined_from) values ('twitch', '7', $1, $2)",
            owner,
            other,
        )
    return "twitch"
