"""Who asks to be forgotten leaves nothing behind, and gets all of it before if they want."""

import json
import re

import pytest

from bot.answer import Answer
from bot.commands.export_me import Export
from bot.commands.forget_me import Forgotten
from db import audit
from tests.bot.hall import Hall, done
from tests.bot.rig import Person

ID, HANDLE = "4711081512345", "zebulon"
TEXTS = """
select table_name, column_name from information_schema.columns
where table_schema = 'public' and data_type in ('text', 'json', 'jsonb', 'ARRAY', 'character varying')
"""


async def _hits(hall: Hall, needle: str) -> list[str]:
    """Where in the ledger a word stands, table by table, column by column."""
    found = []
    for table, column in await hall.ledger.conn.fetch(TEXTS):
        sql = f'select count(*) from "{table}" where "{column}"::text ilike $1'
        if await hall.ledger.value(sql, f"%{needle}%"):
            found.append(f"{table}.{column}")
    return found


async def _live(hall: Hall) -> tuple[Person, str, str]:
    """Somebody who did everything that leaves a trace: their clip, and the one they asked for with Ann."""
    await hall.ledger.conn.execute("insert into community_places values ('discord', 'guild', $1)", hall.id)
    zeb = Person(hall.router, ID, "discord", "guild")
    user = await zeb.user_id()
    await hall.ledger.conn.execute("update identities set handle = $2 where user_id = $1", user, HANDLE)
    await hall.ledger.conn.execute("update users set display_name = $2 where id = $1", user, HANDLE)
    request = await hall.request()
    await hall.asks_too(request, zeb)
    shared = await hall.ledger.clip(request)
    await zeb.say(f"!clip https://x.com/{HANDLE}/status/1 --find {HANDLE}", message_id="77")
    own = await hall.ledger.clip(await hall.ledger.value("select public_id from requests order by id desc limit 1"))
    await hall.copy(own)
    await zeb.say(f"!title {own} {HANDLE} wins")
    await zeb.say(f"!report {shared} {HANDLE} is in it")
    await done(hall.mod, f"release {shared}")
    assert (await zeb.say(f"!hold {own}")).problem
    mod = Person(hall.router, "11", "discord", "guild")
    await hall.ledger.conn.execute(
        "insert into user_roles (user_id, role) values ($1, 'moderator')", await mod.user_id()
    )
    for line in (f"!ban @{HANDLE}", f"!unban <@{ID}>"):
        assert (await mod.say(line)).problem is None
    place = f'{{"platform": "discord", "id": "dm-{ID}"}}'
    for sql in (
        "insert into votes select id, $1, 1, 'discord' from clips",
        f"insert into feedback (user_id, text) values ($1, '{HANDLE} likes it')",
        "insert into user_roles (user_id, role, community_id) select $1, 'moderator', id from communities",
        f"""insert into oauth_tokens (user_id, provider, purpose, account_id, key_id, nonce, ciphertext)
            values ($1, 'x', 'post', '{ID}', 'k', repeat('n', 12)::bytea, 'c')""",
        "insert into stream_marks (platform, channel_id, at, kind, user_id) values ('twitch', '7', now(), 'ask', $1)",
        "insert into bans (community_id, user_id) select id, $1 from communities",
        f"""insert into deliveries (platform, event_id, kind, body, given_up_at)
            select 'discord', 'e' || $1::bigint, 'message', '{{"id": "{ID}", "name": "{HANDLE}"}}', now()""",
        f"""insert into setups (user_id, platform, place_id, step, found)
            values ($1, 'discord', 'guild', 'start', '{{"who": "{HANDLE}"}}')""",
        f"update notices set place = '{place}' where $1 > 0 and request_id = (select max(id) from requests)",
        f"update requests set place = '{place}' where $1 > 0 and id = (select max(id) from requests)",
    ):
        await hall.ledger.conn.execute(sql, user)
    await hall.ledger.conn.execute("delete from bans")
    return zeb, own, shared


async def test_nothing_of_a_person_is_left_in_any_table_nor_in_redis(hall: Hall) -> None:
    zeb, own, shared = await _live(hall)
    user = await zeb.user_id()
    assert len(await _hits(hall, ID)) >= 5
    assert len(await _hits(hall, HANDLE)) >= 5
    redis, prefix = zeb.router.services.queue.redis, zeb.router.services.settings.redis.prefix
    assert [key async for key in redis.scan_iter(match=f"{prefix}limit:{user}:*")]
    receipt = (await done_there(zeb)).reply.data
    assert isinstance(receipt, Forgotten)
    assert (receipt.clips, receipt.left) == (1, 1)
    assert await _hits(hall, ID) == []
    assert await _hits(hall, HANDLE) == []
    assert await hall.ledger.value("select count(*) from users where id = $1", user) == 0
    keys = [key.decode() if isinstance(key, bytes) else key async for key in redis.scan_iter(match="*")]
    assert [key for key in keys if ID in key or re.search(rf"limit:{user}:", key)] == []
    assert await hall.of_clip(own, "state") == "deleted"
    assert await hall.of_clip(shared, "state") == "ready"
    assert await hall.ledger.value("select count(*) from jobs where kind = 'clipbot:takedown' and state = 'ready'") == 1


async def done_there(zeb: Person) -> Answer:
    """Ask to be forgotten, and say yes."""
    assert (await zeb.say("!forget-me")).pending
    answer = await zeb.say("!confirm")
    assert answer.problem is None, answer.reply.text
    return answer


async def test_the_record_of_privileged_actions_stays_whole_and_names_nobody(hall: Hall) -> None:
    zeb, _, _ = await _live(hall)
    user = await zeb.user_id()
    await done_there(zeb)
    last = await hall.ledger.conn.fetchrow("select actor, command, outcome from audit order by id desc limit 1")
    assert last is not None
    assert tuple(last) == (f"user:{user}", "forget-me", "allowed")
    async with zeb.router.services.queue.pool.acquire() as conn:
        assert await audit.first_broken(conn) is None


async def test_it_happens_only_after_a_yes(hall: Hall) -> None:
    zeb, own, _ = await _live(hall)
    before = await _hits(hall, HANDLE)
    await zeb.say("!forget-me --noop")
    await zeb.say("!forget-me")
    assert set(before) <= set(await _hits(hall, HANDLE))
    assert await hall.of_clip(own, "state") == "ready"


async def test_a_request_that_others_asked_for_goes_on_without_them(hall: Hall) -> None:
    request = await hall.request()
    await hall.asks_too(request, hall.bob)
    await done(hall.ann, "forget-me")
    row = await hall.ledger.conn.fetchrow(
        "select r.state, u.display_name from requests r join users u on u.id = r.user_id where public_id = $1", request
    )
    assert row is not None
    assert row["state"] == "queued"
    assert row["display_name"].lower() == "bob"


async def test_a_person_gets_all_of_theirs_and_nothing_of_others(hall: Hall) -> None:
    zeb, own, shared = await _live(hall)
    answer = await zeb.say("!export-me")
    assert answer.reply.private
    assert isinstance(answer.reply.data, Export)
    held = answer.reply.data.held
    assert {account["platform_user_id"] for account in held["accounts"]} == {ID}
    assert [clip["id"] for clip in held["clips"]] == [own]
    assert {vote["clip"] for vote in held["votes"]} == {own, shared}
    for kind in ("requests", "joined", "feedback", "reports", "connected", "roles", "edits", "markers"):
        assert held[kind], kind
    assert "ciphertext" not in json.dumps(held)
    other = (await hall.bob.say("export-me")).reply.data
    assert isinstance(other, Export)
    assert HANDLE not in json.dumps(other.held)


@pytest.mark.parametrize("surface", ["twitch", "x"])
def test_it_is_not_offered_where_everybody_would_read_it(hall: Hall, surface: str) -> None:
    names = {command.name for command in hall.router.registry.offered(surface)}  # type: ignore[arg-type]
    assert "export-me" not in names
    assert "forget-me" in names


@pytest.mark.parametrize("everywhere", [False, True])
async def test_who_was_banned_and_forgotten_comes_back_banned(hall: Hall, everywhere: bool) -> None:
    await hall.ledger.conn.execute("insert into community_places values ('discord', 'guild', $1)", hall.id)
    zeb = Person(hall.router, ID, "discord", "guild")
    user = await zeb.user_id()
    sql = "insert into bans (community_id, user_id) select $2, $1"
    if everywhere:
        sql = "update users set banned_at = now() where id = $1 and $2 > 0"
    await hall.ledger.conn.execute(sql, user, hall.id)
    await done_there(zeb)
    assert await _hits(hall, ID) == []
    assert await hall.ledger.value("select count(*) from users where id = $1", user) == 0
    answer = await zeb.say("!clip https://example.org/talk.mp4")
    assert answer.problem
    assert answer.problem.status == 403
    assert await hall.ledger.value("select count(*) from bans") == int(not everywhere)
    assert await hall.ledger.value("select count(*) from outcasts") == 0
    elsewhere = await Person(hall.router, ID, "discord", "another").say("!clip https://example.org/talk.mp4")
    assert (elsewhere.problem is not None) == everywhere


async def test_who_was_unbanned_and_forgotten_comes_back_free(hall: Hall) -> None:
    await hall.ledger.conn.execute("insert into community_places values ('discord', 'guild', $1)", hall.id)
    zeb = Person(hall.router, ID, "discord", "guild")
    await hall.ledger.conn.execute(
        """
        insert into bans (community_id, user_id, banned_at, until)
        values ($1, $2, now() - interval '1 h', now() - interval '1 s')
        """,
        hall.id,
        await zeb.user_id(),
    )
    await done_there(zeb)
    assert await hall.ledger.value("select count(*) from outcasts") == 0
    assert (await zeb.say("!clip https://example.org/talk.mp4")).problem is None
