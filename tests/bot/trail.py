"""Somebody who left a trace wherever one can be left, and where in the ledger a trace of somebody can be found."""

from dataclasses import dataclass

from tests.bot.hall import Hall, done
from tests.bot.rig import Person

ID, HANDLE = "4711081512345", "zebulon"
"""Their id on each platform, and what they are called; all that they wrote has the one or the other in it."""

_COLUMNS = """
select c.table_name || '.' || c.column_name from information_schema.columns c join pg_class t
  on t.relname = c.table_name and t.relnamespace = 'public'::regnamespace
where c.table_schema = 'public' and t.relkind = 'r' and c.table_name <> 'alembic_version'
  and c.data_type in ('text', 'json', 'jsonb', 'ARRAY', 'character varying', 'character', 'USER-DEFINED', 'inet', 'xml')
"""
_ROWS_OF_PEOPLE = """
select c.conrelid::regclass || '.' || a.attname from pg_constraint c
join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any(c.conkey)
where c.contype = 'f' and c.confrelid = 'users'::regclass
"""


async def columns(hall: Hall) -> set[str]:
    """Every column of the ledger that can hold words."""
    return {row[0] for row in await hall.ledger.conn.fetch(_COLUMNS)}


async def of_people(hall: Hall) -> set[str]:
    """Every column that names somebody by their row."""
    return {row[0] for row in await hall.ledger.conn.fetch(_ROWS_OF_PEOPLE)}


async def hits(hall: Hall, *needles: str) -> set[str]:
    """The columns in which one of these words stands."""
    return {column for column in await columns(hall) if await _found(hall, column, needles)}


async def rows_of(hall: Hall, user_id: int) -> set[str]:
    """The columns in which a person's row is named."""
    return {
        column
        for column in await of_people(hall)
        if await hall.ledger.value(
            f"select exists (select from {column.split('.')[0]} where {column.split('.')[1]} = $1)", user_id
        )
    }


async def _found(hall: Hall, column: str, needles: tuple[str, ...]) -> bool:
    table, name = column.split(".")
    sql = f'select exists (select from "{table}" where "{name}"::text ilike any($1))'
    return bool(await hall.ledger.value(sql, [f"%{needle}%" for needle in needles]))


@dataclass(frozen=True)
class Trail:
    """Their clip, the one they asked for together with Ann, and the row that they are."""

    zeb: Person
    user: int
    own: str
    shared: str


async def leave_a_trail(hall: Hall) -> Trail:
    """Do everything that leaves a trace."""
    await hall.ledger.conn.execute(
        "insert into community_places values ('discord', 'guild', $1), ('twitch', $2, $1)", hall.id, ID
    )
    zeb = Person(hall.router, ID, "discord", "guild")
    user = await zeb.user_id()
    await hall.ledger.conn.execute("update identities set handle = $2 where user_id = $1", user, HANDLE)
    await hall.ledger.conn.execute("update users set display_name = $2 where id = $1", user, HANDLE)
    shared = await hall.clip()
    request = await hall.ledger.value("select public_id from requests order by id desc limit 1")
    await hall.asks_too(request, zeb)
    await zeb.say(f"!clip https://x.com/{HANDLE}/status/1 --at 0:10 --length 30", message_id=f"m{ID}")
    own = await hall.ledger.clip(await hall.ledger.value("select public_id from requests order by id desc limit 1"))
    await _acts(hall, zeb, own, shared)
    await _rows(hall, user, own, shared)
    return Trail(zeb, user, own, shared)


async def _acts(hall: Hall, zeb: Person, own: str, shared: str) -> None:
    """What they said, and what moderators said of them."""
    for words in (f"{HANDLE} wins", f"{HANDLE} wins again"):
        await done(zeb, f'!title {own} "{words}"')
    await hall.copy(own, url=f"https://chat.example/{HANDLE}")
    await hall.copy(shared)
    await done(zeb, f"!report {shared} {HANDLE} is in it")
    await done(hall.owner, f"report {own} {HANDLE} is rude")
    secret = Person(hall.router, ID, "discord", f"dm-{ID}")
    assert (await secret.say(f"!hold {own}")).problem
    mod = Person(hall.router, "11", "discord", "guild")
    await hall.ledger.conn.execute(
        "insert into user_roles (user_id, role) values ($1, 'moderator')", await mod.user_id()
    )
    assert (await mod.say(f"!unban @{HANDLE}")).problem
    for line in (f"!ban @{HANDLE} '{HANDLE} spams'", f"!unban <@{ID}>"):
        assert (await mod.say(line)).problem is None
    await zeb.say("!forget-me")


async def _rows(hall: Hall, user: int, own: str, shared: str) -> None:
    """What workers, platforms and other commands write."""
    conn = hall.ledger.conn
    await conn.execute("set session_replication_role = replica")  # past the edges that a worker would walk
    await conn.execute(
        """
        create temporary table t as select $1::bigint as u, o.id as own, o.request_id as asked, s.id as shared,
          s.request_id as joined, r.community_id as c
        from clips o, clips s, requests r where o.public_id = $2 and s.public_id = $3 and r.id = o.request_id
        """,
        user,
        own,
        shared,
    )
    await conn.execute(_TRACES)
    await conn.execute("set session_replication_role = default")


_TRACES = """
update requests r set place = '{"platform": "discord", "id": "dm-4711081512345"}', options = '{"find": "zebulon"}',
  error = '{"sentence": "Nothing at zebulon."}' from t where r.id = t.asked;
update request_askers a set place = '{"id": "dm-4711081512345"}' from t where a.request_id = t.asked;
update notices n set place = '{"id": "dm-4711081512345"}', handle = '4711081512345', body = '{"text": "zebulon"}'
  from t where n.request_id = t.asked;
update notices n set body = '{"fields": [["Asked for by", "Ann, zebulon"], ["Why", "loud"]]}'
  from t where n.request_id = t.joined;
update clips k set metadata = '{"by": "zebulon"}', options = '{"find": "zebulon"}', reason = 'heard zebulon',
  error = '{"sentence": "Nothing at zebulon."}' from t where k.id = t.own;
update segments g set reason = 'heard zebulon' from t where g.request_id = t.asked;
update sources s set title = 'zebulon', channels = '{x:4711081512345}', probe = '{"artist": "zebulon"}',
  live = '{"by": "zebulon"}', content_hash = repeat('a', 64),
  store_key = 'staging_clips/sources/aa/' || repeat('a', 64) || '.mp4'
  from t, requests r where r.id = t.asked and s.id = r.source_id;
insert into transcripts (source_id, inputs_hash, language, model, start_s, end_s, words)
  select r.source_id, repeat('a', 64), 'en', 'm', 0, 1, '[{"word": "zebulon"}]' from t, requests r where r.id = t.asked;
update copies o set place = '{"platform": "chat", "id": "dm-4711081512345"}' from t where o.clip_id = t.own;
insert into effects (effect_key, clip_id, epoch, state, remote_id, detail)
  select 'announce:1', own, 1, 'done', '{"id": "dm-4711081512345"}', '{"by": "zebulon"}' from t;
update jobs j set error = '{"sentence": "Nothing at zebulon."}', note = 'Nothing at zebulon.',
  progress = '{"note": "zebulon"}' from t where j.request_id = t.asked;
insert into jobs (kind, lane, payload, state, ended_at, max_attempts, run_timeout_s, trace_id) select
  'clipbot:trouble', 'io', '{"what": "broadcaster", "channel": "zebulon"}', 'done', now(), 1, 1, gen_random_uuid();
insert into job_events (job_id, to_state, attempt, note)
  select j.id, 'ready', 1, 'Nothing at zebulon.' from jobs j, t where j.request_id = t.asked;
insert into streams (platform, channel_id, community_id, remote_id, title, url, recording)
  select 'twitch', '4711081512345', c, '4711081512345', 'zebulon', 'https://t.test/zebulon', '{"of": "zebulon"}' from t;
insert into kept_spans (stream_id, from_at, to_at, until) select id, now(), now() + '1 s', now() + '1 d' from streams;
insert into chat_counts values ('twitch', '4711081512345', now(), 1, 1, 1);
update communities set settings = settings || '{"clip_channel": {"platform": "twitch", "id": "4711081512345"}}';
insert into community_sources select c, 'twitch', '4711081512345', 'zebulon' from t;
insert into users (display_name, merged_into) select 'zebulon', u from t;
insert into identities select 'twitch', '4711081512345', u, 'zebulon' from t;
insert into votes select k.id, u, 1, 'discord' from clips k, t;
insert into feedback (user_id, text) select u, 'zebulon likes it' from t;
insert into user_roles (user_id, role, community_id) select u, 'moderator', c from t;
update user_roles set granted_by = u, came_from = u from t where role = 'owner';
update identities set joined_from = u from t where platform_user_id = 'bob';
insert into oauth_tokens (user_id, provider, purpose, account_id, key_id, nonce, ciphertext)
  select u, 'x', 'post', '4711081512345', 'k', repeat('n', 12)::bytea, 'c' from t;
insert into stream_marks (platform, channel_id, at, kind, user_id, note)
  select 'twitch', channel, now(), 'ask', u, 'zebulon' from t, unnest(array['4711081512345', '7']) channel;
insert into bans (community_id, user_id, reason) select c, u, 'zebulon spams' from t;
insert into bans (community_id, user_id, banned_by)
  select c, i.user_id, u from t, identities i where i.platform_user_id = 'bob';
insert into deliveries (platform, event_id, kind, body, given_up_at)
  values ('discord', 'e1', 'message', '{"id": "4711081512345", "name": "zebulon"}', now());
insert into setups (user_id, platform, place_id, step, found)
  select u, 'discord', 'dm-4711081512345', 'start', '{"who": "zebulon"}' from t;
insert into link_codes select repeat('a', 64), u, now() + '1 h', u, 'twitch', 'zebulon' from t;
insert into confirmations (user_id, command, args, state_hash, expires_at)
  select u, 'title', '{"text": "zebulon"}', 'h', now() from t;
insert into polls (clip_id, community_id, quorum, closes_at, state, ended_at, decided_by)
  select shared, c, 1, now(), 'decided', now(), u from t;
insert into spent_votes select clip_id, u from polls, t limit 1;
insert into banned_words select c, 'darn', u from t;
insert into blocked_moments (moment_key, start_s, end_s, blocked_by) select 'url:x', 1, 2, u from t;
insert into reports (clip_id, user_id, reason, state, decided_by, decided_at)
  select shared, null, 'rude', 'released', u, now() from t;
update clip_edits set edited_by = u from t;
"""
