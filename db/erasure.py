"""All that is kept about a person: to give it to them, and to erase it."""

import re
from dataclasses import dataclass
from typing import Any

from asyncpg import Pool

from db import identities
from db.pool import Executor

Reader = Executor | Pool


@dataclass(frozen=True, slots=True)
class Share:
    """A request that a person asked for. `theirs`: it is nobody else's."""

    request_id: int
    theirs: bool


async def shares(conn: Reader, user_id: int) -> list[Share]:
    """Every request of a person, the joined ones included, oldest first."""
    rows = await conn.fetch(
        """
        select r.id as request_id, coalesce(r.user_id, $1) = $1 and not exists (
          select from request_askers o
          where o.request_id = r.id and o.user_id <> $1 and o.withdrawn_at is null) as theirs
        from requests r
        where r.user_id = $1 or exists (select from request_askers a where a.request_id = r.id and a.user_id = $1)
        order by r.id
        """,
        user_id,
    )
    return [Share(**dict(row)) for row in rows]


async def scrub_request(conn: Executor, request_id: int) -> None:
    """Take out of a request, which nobody asks for any more, what was said with it; its clips are deleted already.

    Its source goes too, unless others work with the same row.
    """
    await conn.execute("delete from notices where request_id = $1", request_id)
    await conn.execute(
        """
        update clips set title = '', reason = '', metadata = '{}', options = '{}', error = null, hold_reason = null
        where request_id = $1
        """,
        request_id,
    )
    for table, words in (("clip_edits", "before = '{}'"), ("reports", "reason = ''")):
        await conn.execute(
            f"update {table} set {words} where clip_id in (select id from clips where request_id = $1)",  # noqa: S608
            request_id,
        )
    await conn.execute(
        """
        update requests set user_id = null, place = '{"platform": "erased"}', options = '{}', moment_key = null,
          moment_s = null, error = case when error is not null then '{"sentence": "It was erased."}'::jsonb end
        where id = $1
        """,
        request_id,
    )
    await conn.execute(
        """
        update sources s set origin = 'erased', title = '', channels = '{}', probe = null, live = null,
          deleted_at = coalesce(deleted_at, now())
        from requests r
        where r.id = $1 and s.id = r.source_id and not exists (
          select from requests o where o.source_id = s.id and o.id <> $1)
        """,
        request_id,
    )


_SWEEP = (
    """
    delete from job_events e using erased_jobs j where j.id = e.job_id
    """,
    """
    update effects set remote_id = 'erased', detail = '{}'
    where state in ('done', 'failed') and remote_id <> 'erased' and (job_id in (select id from erased_jobs)
      or clip_id in (select c.id from clips c join requests r on r.id = c.request_id
                     where r.place ->> 'platform' = 'erased'))
    """,
    """
    update jobs set note = '', progress = null,
      error = case when error is not null then '{"sentence": "It was erased."}'::jsonb end
    where id in (select id from erased_jobs)
    """,
    """
    delete from segments s using requests r where r.id = s.request_id and r.place ->> 'platform' = 'erased'
    """,
)
_ERASED_JOBS = """
with erased_jobs as materialized (
  select j.id from jobs j left join clips c on c.id = j.clip_id
  join requests r on r.id = coalesce(j.request_id, c.request_id)
  where r.place ->> 'platform' = 'erased' and j.state in ('done', 'dead', 'cancelled'))
"""


async def sweep(conn: Executor) -> None:
    """Take out of requests that were scrubbed what the worker wrote of them: how its steps went, and what spoke for
    their moments.
    """
    for statement in _SWEEP:
        await conn.execute(_ERASED_JOBS + statement)


_OWN = """
with own as (
  select platform, platform_user_id as channel_id, '@' || lower(handle) as name from identities where user_id = $1)
"""
_OWN_CHANNELS = (
    """
    delete from community_places p using own o where (p.platform, p.platform_place_id) = (o.platform, o.channel_id)
    """,
    """
    delete from community_sources c using own o where c.platform = o.platform and c.channel_id in (o.channel_id, o.name)
    """,
    "delete from chat_counts c using own o where (c.platform, c.channel_id) = (o.platform, o.channel_id)",
    "delete from stream_marks m using own o where (m.platform, m.channel_id) = (o.platform, o.channel_id)",
    """
    delete from kept_spans k using streams s, own o
    where s.id = k.stream_id and (s.platform, s.channel_id) = (o.platform, o.channel_id)
    """,
    """
    update streams s set channel_id = 'erased', remote_id = 'erased-' || s.id, title = '', url = '', recording = '{}',
      record = false, state = 'ended', ended_at = coalesce(s.ended_at, now())
    from own o where (s.platform, s.channel_id) = (o.platform, o.channel_id)
    """,
    """
    update communities c set settings = c.settings - array(
      select spot.key from jsonb_each(c.settings) spot, own o
      where (spot.value ->> 'platform', spot.value ->> 'id') = (o.platform, o.channel_id))
    where exists (select from jsonb_each(c.settings) spot, own o
      where (spot.value ->> 'platform', spot.value ->> 'id') = (o.platform, o.channel_id))
    """,
)
"""A channel that is the person's own account is no place of a community any more, and what was heard there goes."""


async def leave_channels(conn: Executor, user_id: int) -> None:
    """Give up the channels that are accounts of the person themselves, with what is kept of their streams and chats.

    Requests of others about them stay as they are.
    """
    for statement in _OWN_CHANNELS:
        await conn.execute(_OWN + statement, user_id)


_ANSWERS = """
delete from inbox where exists (select from unnest($1::text[]) n
  where event_id || ' ' || coalesce(reply::text, '') ~* ('(^|[^[:alnum:]_])' || n || '($|[^[:alnum:]_])'))
"""
_EVENTS = """
delete from deliveries where (done_at is not null or given_up_at is not null)
  and exists (select from unnest($1::text[]) n where body::text ~* ('(^|[^[:alnum:]_])' || n || '($|[^[:alnum:]_])'))
"""
_TROUBLES = """
update jobs set payload = payload || '{"channel": "?"}' where kind = 'clipbot:trouble' and exists (
  select from unnest($1::text[]) n where payload ->> 'channel' ~* ('(^|[^[:alnum:]_])' || n || '($|[^[:alnum:]_])'))
"""
_CREDITS = """
update notices n set body = jsonb_set(n.body, '{fields}', coalesce((
  select jsonb_agg(f order by at) from jsonb_array_elements(n.body -> 'fields') with ordinality as t (f, at)
  where not exists (select from unnest($2::text[]) w where f::text ~* ('(^|[^[:alnum:]_])' || w || '($|[^[:alnum:]_])'))
  ), '[]'))
where n.body ? 'fields' and n.request_id in (select request_id from request_askers where user_id = $1)
"""


async def erase(conn: Executor, user_id: int) -> None:
    """Delete the person with all that hangs on them; call it once their requests are settled.

    What stays says `user:7` of an action, which is nobody then. Answers and events that name them go as a whole.
    """
    known = await identities.of_user(conn, user_id)
    name = await conn.fetchval("select display_name from users where id = $1", user_id)
    needles = {part for _, platform_id, handle in known for part in (platform_id, handle)} | {name or ""}
    patterns = sorted(re.escape(needle) for needle in needles if needle)
    await conn.execute(_ANSWERS, patterns)
    await conn.execute(_EVENTS, patterns)
    await conn.execute(_TROUBLES, patterns)
    await conn.execute("delete from waiting_consents where user_id = $1", user_id)
    await conn.execute(_CREDITS, user_id, patterns)
    await conn.execute("delete from feedback where user_id = $1", user_id)
    await conn.execute("update stream_marks set note = '' where user_id = $1", user_id)
    await conn.execute(
        """
        update clips c set hold_reason = '' from reports p
        where p.user_id = $1 and c.id = p.clip_id and c.hold_reason = p.reason
        """,
        user_id,
    )
    await conn.execute("update reports set reason = '' where user_id = $1", user_id)
    await conn.execute("delete from users where id = $1", user_id)


_HELD = """
select jsonb_build_object(
  'person', (select to_jsonb(u) - 'id' from users u where u.id = $1),
  'accounts', (select coalesce(jsonb_agg(to_jsonb(i) - '{user_id,joined_from}'::text[]), '[]')
               from identities i where i.user_id = $1),
  'roles', (select coalesce(jsonb_agg(jsonb_build_object(
      'role', r.role, 'community', c.name, 'since', r.granted_at)), '[]')
            from user_roles r left join communities c on c.id = r.community_id where r.user_id = $1),
  'connected', (select coalesce(jsonb_agg(jsonb_build_object(
      'provider', t.provider, 'account', t.account_id, 'scopes', t.scopes, 'expires', t.expires_at)), '[]')
    from oauth_tokens t where t.user_id = $1),
  'requests', (select coalesce(jsonb_agg(jsonb_build_object(
      'id', r.public_id, 'video', s.origin, 'options', r.options, 'state', r.state,
      'place', r.place #- '{extra,token}',
      'asked', r.created_at) order by r.id), '[]')
    from requests r join sources s on s.id = r.source_id where r.user_id = $1),
  'joined', (select coalesce(jsonb_agg(jsonb_build_object(
      'request', r.public_id, 'place', a.place #- '{extra,token}', 'message', a.message_id, 'asked', a.asked_at,
      'withdrawn', a.withdrawn_at) order by a.asked_at), '[]')
    from request_askers a join requests r on r.id = a.request_id where a.user_id = $1),
  'clips', (select coalesce(jsonb_agg(jsonb_build_object(
      'id', k.public_id, 'title', k.title, 'state', k.state, 'start_s', k.start_s, 'end_s', k.end_s,
      'made', k.created_at) order by k.id), '[]')
    from clips k join requests r on r.id = k.request_id where r.user_id = $1),
  'edits', (select coalesce(jsonb_agg(jsonb_build_object('clip', k.public_id, 'kind', e.kind, 'at', e.edited_at)), '[]')
    from clip_edits e join clips k on k.id = e.clip_id where e.edited_by = $1),
  'votes', (select coalesce(jsonb_agg(jsonb_build_object(
      'clip', k.public_id, 'value', v.value, 'platform', v.platform, 'at', v.voted_at)), '[]')
    from votes v join clips k on k.id = v.clip_id where v.user_id = $1),
  'reports', (select coalesce(jsonb_agg(jsonb_build_object(
      'clip', k.public_id, 'reason', p.reason, 'state', p.state, 'at', p.created_at)), '[]')
    from reports p join clips k on k.id = p.clip_id where p.user_id = $1),
  'feedback', (select coalesce(jsonb_agg(jsonb_build_object('text', f.text, 'at', f.created_at)), '[]')
    from feedback f where f.user_id = $1),
  'markers', (select coalesce(jsonb_agg(jsonb_build_object(
      'platform', m.platform, 'channel', m.channel_id, 'at', m.at, 'kind', m.kind, 'note', m.note)), '[]')
    from stream_marks m where m.user_id = $1),
  'bans', (select coalesce(jsonb_agg(jsonb_build_object(
      'community', c.name, 'reason', b.reason, 'since', b.banned_at)), '[]')
    from bans b join communities c on c.id = b.community_id where b.user_id = $1),
  'setups', (select coalesce(jsonb_agg(jsonb_build_object(
      'platform', s.platform, 'place', s.place_id, 'step', s.step, 'found', s.found, 'began', s.started_at)), '[]')
    from setups s where s.user_id = $1),
  'acts', (select coalesce(jsonb_agg(jsonb_build_object('what', what, 'at', at) order by at), '[]') from (
    select 'banned somebody' as what, banned_at as at from bans where banned_by = $1 union all
    select 'blocked a moment', blocked_at from blocked_moments where blocked_by = $1 union all
    select 'banned a word', added_at from banned_words where added_by = $1 union all
    select 'decided on a report', decided_at from reports where decided_by = $1 union all
    select 'decided on a vote', ended_at from polls where decided_by = $1 union all
    select 'granted a role', granted_at from user_roles where granted_by = $1) a))
"""


async def held(conn: Reader, user_id: int) -> dict[str, Any]:
    """What is kept about a person, by kind; tokens only as the account that they lead to."""
    found: dict[str, Any] = await conn.fetchval(_HELD, user_id)
    return found
