-- Communities: who asked, what is live, who chats, votes, messages, moderation.

-- One moment, one clip -------------------------------------------------------------------------------------------

alter table sources drop constraint sources_kind_check;
alter table sources add constraint sources_kind_check check (kind in ('url', 'file', 'upload', 'live'));

-- `moment_key` names what a moment is of (`live:twitch:123`, `url:https://…`), `moment_s` where it lies: seconds of the
-- source, or of the Unix epoch for a stream that is live. Null where the whole video was meant.
alter table requests add column moment_key text;
alter table requests add column moment_s double precision;
alter table requests add constraint requests_moment check ((moment_key is null) = (moment_s is null));
create index requests_moment_near on requests (community_id, moment_key, moment_s) where moment_key is not null;

-- Everyone who asked for a request, the first one included; each is answered where they asked.
create table request_askers (
  request_id bigint not null references requests on delete cascade,
  user_id bigint not null references users on delete cascade,
  place jsonb not null,
  message_id text,
  asked_at timestamptz not null default now(),
  withdrawn_at timestamptz,
  primary key (request_id, user_id)
);
create index request_askers_user on request_askers (user_id);
create index request_askers_message on request_askers (message_id) where message_id is not null;

-- One person, several platforms: a code said on one and repeated on the other. Only its hash is kept.
create table link_codes (
  code_hash text primary key check (code_hash ~ '^[0-9a-f]{64}$'),
  user_id bigint not null references users on delete cascade,
  expires_at timestamptz not null,
  claimed_by bigint references users on delete cascade,
  claimed_platform text,
  claimed_name text,
  check (num_nulls(claimed_by, claimed_platform, claimed_name) in (0, 3))
);
create index link_codes_user on link_codes (user_id);
-- Whose identities and votes these became; nobody acts as a merged person any more.
alter table users add column merged_into bigint references users on delete cascade;

-- Streams and chat -----------------------------------------------------------------------------------------------

-- `delay_s`: seconds from what happens to what viewers see. `recording`: what the recorder holds, for people to read.
create table streams (
  id bigint generated always as identity primary key,
  platform text not null,
  channel_id text not null,
  community_id bigint references communities on delete set null,
  remote_id text not null,
  title text not null default '',
  url text not null,
  state text not null default 'live' check (state in ('live', 'ended')),
  delay_s double precision not null default 0 check (delay_s between 0 and 900),
  record boolean not null default true,
  recording jsonb not null default '{}',
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  check ((ended_at is not null) = (state = 'ended')),
  unique (platform, remote_id)
);
create index streams_channel on streams (platform, channel_id, started_at);
create unique index streams_live on streams (platform, channel_id) where state = 'live';

-- Stretches of a recording that stay beyond the ring; from and to as viewers saw them.
create table kept_spans (
  id bigint generated always as identity primary key,
  stream_id bigint not null references streams on delete cascade,
  from_at timestamptz not null,
  to_at timestamptz not null,
  until timestamptz not null,
  check (to_at > from_at)
);
create index kept_spans_until on kept_spans (until);
create index kept_spans_stream on kept_spans (stream_id);

-- Where the seconds of a source that was cut out of a live stream lie in time; see `pipeline/live/clock.py`.
alter table sources add column live jsonb;

-- Messages of a chat per bucket of `CHAT_BUCKET_S` (5) seconds by the platform's time, counted in memory and written in
-- batches; a bucket keeps the largest numbers it was told. `chatters`: people who wrote, beyond 48 within two in a hundred.
create table chat_counts (
  platform text not null,
  channel_id text not null,
  at timestamptz not null,
  messages int not null check (messages >= 0),
  chatters int not null check (chatters >= 0),
  emotes int not null check (emotes >= 0),
  primary key (platform, channel_id, at)
);

create table stream_marks (
  id bigint generated always as identity primary key,
  platform text not null,
  channel_id text not null,
  at timestamptz not null,
  kind text not null check (kind in ('ask', 'marker')),
  user_id bigint references users on delete set null,
  request_id bigint references requests on delete set null,
  note text not null default ''
);
create index stream_marks_at on stream_marks (platform, channel_id, at);

-- The best moments of a stream that nobody asked for, offered to its broadcaster.
create table recap_moments (
  id bigint generated always as identity primary key,
  stream_id bigint not null references streams on delete cascade,
  rank int not null check (rank >= 1),
  start_at timestamptz not null,
  end_at timestamptz not null,
  score double precision not null,
  reason text not null,
  store_key text,
  state text not null default 'offered' check (state in ('offered', 'approved', 'dropped')),
  request_id bigint references requests on delete set null,
  check (end_at > start_at),
  unique (stream_id, rank)
);

-- Votes ----------------------------------------------------------------------------------------------------------

create table polls (
  clip_id bigint primary key references clips on delete cascade,
  community_id bigint not null references communities on delete cascade,
  state text not null default 'open' check (state in ('open', 'passed', 'failed', 'decided')),
  quorum int not null check (quorum >= 1),
  needs_moderator boolean not null default false,
  opened_at timestamptz not null default now(),
  closes_at timestamptz not null,
  ended_at timestamptz,
  decided_by bigint references users on delete set null,
  check ((ended_at is not null) = (state <> 'open'))
);
create index polls_open on polls (closes_at) where state = 'open';

-- Messages of ours that show a clip, wherever they are: to keep their counts right, and to take them down.
create table copies (
  id bigint generated always as identity primary key,
  clip_id bigint not null references clips on delete cascade,
  kind text not null check (kind in ('answer', 'announcement', 'post')),
  platform text not null,
  place jsonb not null,
  remote_id text not null,
  url text,
  state text not null default 'there' check (state in ('there', 'deleted', 'left')),
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  unique (clip_id, platform, remote_id)
);
create index copies_place on copies (platform, (place ->> 'id'), id desc) where state = 'there';

-- Moderation -----------------------------------------------------------------------------------------------------

-- A held clip waits for a moderator: until then it gets neither approved nor posted, whoever asks.
alter table clips add column held_at timestamptz;
alter table clips add column hold_reason text;
create function refuse_held() returns trigger language plpgsql as $$
begin
  raise exception 'clip % is on hold and cannot become %', new.public_id, new.state using errcode = 'check_violation';
end $$;
create trigger clips_held before update of state on clips for each row
  when (new.held_at is not null and old.state <> new.state and new.state in ('approved', 'posted'))
  execute function refuse_held();

-- What a person changed of a clip: `before` is what stood there, from revision `revision`.
create table clip_edits (
  id bigint generated always as identity primary key,
  clip_id bigint not null references clips on delete cascade,
  revision int not null,
  kind text not null check (kind in ('title', 'trim', 'captions', 'template', 'reframe')),
  before jsonb not null,
  edited_by bigint references users on delete set null,
  edited_at timestamptz not null default now(),
  undone_at timestamptz
);
create index clip_edits_clip on clip_edits (clip_id, id desc);


create table reports (
  id bigint generated always as identity primary key,
  clip_id bigint not null references clips on delete cascade,
  user_id bigint references users on delete set null,
  community_id bigint references communities on delete set null,
  reason text not null,
  state text not null default 'open' check (state in ('open', 'released', 'upheld')),
  decided_by bigint references users on delete set null,
  created_at timestamptz not null default now(),
  decided_at timestamptz,
  check ((decided_at is not null) = (state <> 'open'))
);
create unique index reports_open on reports (clip_id, user_id) where state = 'open';

create table bans (
  community_id bigint not null references communities on delete cascade,
  user_id bigint not null references users on delete cascade,
  reason text not null default '',
  banned_by bigint references users on delete set null,
  banned_at timestamptz not null default now(),
  until timestamptz check (until > banned_at),
  primary key (community_id, user_id)
);

create table banned_words (
  community_id bigint not null references communities on delete cascade,
  word text not null check (length(word) between 2 and 60),
  added_by bigint references users on delete set null,
  added_at timestamptz not null default now(),
  primary key (community_id, word)
);

-- Moments that may not become clips again, found by what was asked for (`moment_key` as in requests) or by the content
-- of the source, whichever link it comes from. Without a community it holds everywhere; `clip_id`: what was taken down.
create table blocked_moments (
  id bigint generated always as identity primary key,
  moment_key text,
  content_hash text,
  community_id bigint references communities on delete cascade,
  clip_id bigint references clips on delete set null,
  start_s double precision not null,
  end_s double precision not null check (end_s > start_s),
  reason text not null default '',
  blocked_by bigint references users on delete set null,
  blocked_at timestamptz not null default now(),
  check (num_nonnulls(moment_key, content_hash) = 1)
);
create index blocked_moments_clip on blocked_moments (clip_id);
create index blocked_moments_key on blocked_moments (moment_key);
create index blocked_moments_hash on blocked_moments (content_hash);

-- Whose channel a source comes from, as its platform says it (`youtube:uc…`, `youtube:@handle`, `twitch:123`), in
-- lower case; empty while nobody knows. What a link says of itself is not believed.
alter table sources add column channels text[] not null default '{}';

-- Channels that a community calls its own; only clips of these may be posted without a person saying so.
create table community_sources (
  community_id bigint not null references communities on delete cascade,
  platform text not null,
  channel_id text not null,
  name text not null default '',
  added_at timestamptz not null default now(),
  primary key (community_id, platform, channel_id)
);

-- What comes in --------------------------------------------------------------------------------------------------

-- Events that a platform sent by HTTP: verified, written down before they are acknowledged, handled after that, in
-- order within a lane. `body` is text for whoever handles it, not jsonb, which refuses letters that people can send; it
-- is emptied once it was handled.
create table deliveries (
  id bigint generated always as identity primary key,
  platform text not null,
  event_id text not null check (length(event_id) <= 200),
  lane text not null default '',
  kind text not null,
  body json not null,
  tries int not null default 0,
  error text,
  received_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  done_at timestamptz,
  given_up_at timestamptz,
  check (done_at is null or given_up_at is null),
  unique (platform, event_id)
);
create index deliveries_waiting on deliveries (platform, id) where done_at is null and given_up_at is null;
create index deliveries_given_up on deliveries (given_up_at) where given_up_at is not null;
create index deliveries_done on deliveries (done_at) where done_at is not null;

-- A guided setup on its way; `found` holds names and ids, never a secret.
create table setups (
  id bigint generated always as identity primary key,
  user_id bigint not null references users on delete cascade,
  platform text not null,
  place_id text not null,
  step text not null,
  found jsonb not null default '{}',
  started_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  ended_at timestamptz
);
create unique index setups_open on setups (platform, place_id) where ended_at is null;

alter table feedback add column community_id bigint references communities on delete set null;
alter table feedback add column clip_id bigint references clips on delete set null;

grant select on
  request_askers, streams, kept_spans, chat_counts, stream_marks, recap_moments, polls, copies, reports, bans, banned_words,
  blocked_moments, community_sources, deliveries, setups, link_codes
  to clipnet_api, clipnet_worker, clipnet_read;
grant insert, update on
  request_askers, streams, kept_spans, chat_counts, stream_marks, recap_moments, polls, copies, reports, bans, banned_words,
  blocked_moments, community_sources, deliveries, setups, link_codes
  to clipnet_api;
grant delete on
  request_askers, kept_spans, chat_counts, stream_marks, bans, banned_words, blocked_moments, community_sources, deliveries, setups,
  link_codes
  to clipnet_api;
grant insert, update on request_askers, streams, kept_spans, stream_marks, recap_moments, polls, copies
  to clipnet_worker;
grant delete on request_askers, kept_spans, chat_counts, stream_marks, recap_moments, deliveries to clipnet_worker;
grant select on clip_edits to clipnet_api, clipnet_worker, clipnet_read;
grant insert, update on clip_edits to clipnet_api;
-- Whoever asks to be forgotten leaves no row behind.
grant delete on users, notices to clipnet_api;
