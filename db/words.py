"""Words that a community doesn't want to read, in the form in which `clipnet.wordlist` compares them."""

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool


async def add(conn: Executor, community_id: int, word: str, by: int) -> bool:
    """Ban a word; False when it is banned already."""
    tag: str = await conn.execute(
        "insert into banned_words (community_id, word, added_by) values ($1, $2, $3) on conflict do nothing",
        community_id,
        word,
        by,
    )
    return tag.endswith(" 1")


async def remove(conn: Executor, community_id: int, word: str) -> bool:
    """Let a word be used again; False when it wasn't banned."""
    tag: str = await conn.execute("delete from banned_words where community_id = $1 and word = $2", community_id, word)
    return tag.endswith(" 1")


async def of_community(conn: Reader, community_id: int | None) -> tuple[str, ...]:
    """The banned words, in order; none where there is no community."""
    if community_id is None:
        return ()
    rows = await conn.fetch("select word from banned_words where community_id = $1 order by word", community_id)
    return tuple(row["word"] for row in rows)
