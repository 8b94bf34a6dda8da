-- The ledger, first version. Needs PostgreSQL 15 and no extension. Run by the owner role.
-- Roles (made by whoever provisions the server): clipnet_owner, clipnet_api, clipnet_worker, clipnet_read.

create function forbid_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;

-- Rows of a state machine change state only along an edge of its table of edges.
create table state_edges (
  machine text not null,
  from_state text not null,
  to_state text not null,
  primary key (machine, from_state, to_state)
);

create function check_state_edge() returns trigger language plpgsql as $$
begin
  if new.state is distinct from old.state and not exists (
    select from state_edges e where e.machine = tg_table_name and e.from_state = old.state and e.to_state = new.state
  ) then
    raise exception '% cannot go from % to %', tg_table_name, old.state, new.state using errcode = 'check_violation';
  end if;
  return new;
end $$;

-- Which environment this database belongs to; guard 2 of the isolation.
create table env_marker (
  one boolean primary key default true check (one),
  env text not null check (env in ('dev', 'test', 'staging', 'production')),
  installation_id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now()
);

-- People and places ----------------------------------------------------------------------------------------------

create table users (
  id bigint generated always as identity primary key,
  display_name text not null check (length(display_name) between 1 and 80),
  banned_at timestamptz,
  created_at timestamptz not null default now()
);

create table identities (
  platform text not null,
  platform_user_id text not null,
  user_id bigint not null references users on delete cascade,
  handle text not null default '',
  created_at timestamptz not null default now(),
  primary key (platform, platform_user_id)
);
create index identities_user on identities (user_id);

create table communities (
  id bigint generated always as identity primary key,
  name text not null,
  settings jsonb not null default '{}',
  created_at timestamptz not null default now()
);

create table community_places (
  platform text not null,
  platform_place_id text not null,
  community_id bigint not null references communities on delete cascade,
  primary key (platform, platform_place_id)
);

-- A role with no community holds everywhere.
create table user_roles (
  user_id bigint not null references users on delete cascade,
  role text not null check (role in ('moderator', 'owner', 'viewer', 'operator', 'deployer', 'admin')),
  community_id bigint references communities on delete cascade,
  granted_by bigint references users on delete set null,
  granted_at timestamptz not null default now(),
  unique nulls not distinct (user_id, role, community_id)
);

create table oauth_tokens (
  user_id bigint not null references users on delete cascade,
  provider text not null,
  purpose text not null,
  account_id text not null,
  scopes text[] not null default '{}',
  key_id text not null,
  nonce bytea not null check (length(nonce) = 12),
  ciphertext bytea not null,
  expires_at timestamptz,
  revision int not null default 1,
  updated_at timestamptz not null default now(),
  primary key (user_id, provider, purpose, account_id)
);

-- Videos, requests, clips -----------------------------------------------------------------------------------------

create table sources (
  id bigint generated always as identity primary key,
  kind text not null check (kind in ('url', 'file', 'upload')),
  origin text not null,
  title text not null default '',
  content_hash text check (content_hash ~ '^[0-9a-f]{64}$'),
  store_key text,
  bytes bigint check (bytes > 0),
  duration_s double precision check (duration_s > 0),
  width int check (width > 0),
  height int check (height > 0),
  probe jsonb,
  community_id bigint references communities on delete set null,
  created_at timestamptz not null default now(),
  deleted_at timestamptz,
  check ((content_hash is null) = (store_key is null))
);
create index sources_hash on sources (content_hash);

create function crockford(n int) returns text language sql volatile as $$
  select string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', 1 + floor(random() * 32)::int, 1), '')
  from generate_series(1, n)
$$;

create table requests (
  id bigint generated always as identity primary key,
  public_id text not null unique check (public_id ~ '^[0-9A-HJKMNP-TV-Z]{6}$'),
  user_id bigint references users on delete set null,
  community_id bigint references communities on delete set null,
  source_id bigint not null references sources,
  place jsonb not null,
  options jsonb not null,
  state text not null default 'queued' check (state in ('queued', 'working', 'done', 'failed', 'cancelled')),
  error jsonb,
  trace_id uuid not null,
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  check ((ended_at is not null) = (state in ('done', 'failed', 'cancelled'))),
  check (state <> 'failed' or error is not null)
);
create index requests_user on requests (user_id, id desc);
create index requests_open on requests (id) where state in ('queued', 'working');
insert into state_edges values
  ('requests', 'queued', 'working'), ('requests', 'queued', 'failed'), ('requests', 'queued', 'cancelled'),
  ('requests', 'working', 'done'), ('requests', 'working', 'failed'), ('requests', 'working', 'cancelled'),
  ('requests', 'failed', 'queued'), ('requests', 'cancelled', 'queued'), ('requests', 'done', 'working');
create trigger requests_edges before update of state on requests for each row execute function check_state_edge();

-- A scored span of a source.
create table segments (
  id bigint generated always as identity primary key,
  request_id bigint not null references requests on delete cascade,
  source_id bigint not null references sources,
  start_s double precision not null check (start_s >= 0),
  end_s double precision not null,
  score double precision not null check (score between 0 and 1),
  reason text not null,
  chosen boolean not null default false,
  check (end_s > start_s)
);
create index segments_request on segments (request_id);

create table scores (
  segment_id bigint not null references segments on delete cascade,
  signal text not null,
  model text not null,
  version text not null,
  value double precision not null check (value between 0 and 1),
  inputs_hash text not null,
  primary key (segment_id, signal)
);

create table transcripts (
  id bigint generated always as identity primary key,
  source_id bigint not null references sources on delete cascade,
  inputs_hash text not null unique,
  language text not null,
  model text not null,
  start_s double precision not null check (start_s >= 0),
  end_s double precision not null,
  words jsonb not null,
  created_at timestamptz not null default now(),
  check (end_s > start_s)
);
create index transcripts_source on transcripts (source_id);

create table clips (
  id bigint generated always as identity primary key,
  public_id text not null unique check (public_id ~ '^[0-9A-HJKMNP-TV-Z]{6}$'),
  request_id bigint not null references requests,
  source_id bigint not null references sources,
  segment_id bigint references segments on delete set null,
  rank int not null check (rank >= 1),
  state text not null default 'queued' check (
    state in ('queued', 'rendering', 'ready', 'approved', 'posted', 'failed', 'cancelled', 'deleted')),
  start_s double precision not null check (start_s >= 0),
  end_s double precision not null,
  score double precision not null check (score between 0 and 1),
  reason text not null,
  title text not null default '',
  metadata jsonb not null default '{}',
  options jsonb not null default '{}',
  width int check (width > 0),
  height int check (height > 0),
  duration_s double precision check (duration_s > 0),
  error jsonb,
  revision int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (end_s > start_s),
  check (state <> 'failed' or error is not null),
  check (state not in ('ready', 'approved', 'posted') or (width is not null and height is not null and duration_s is not null)),
  unique (request_id, rank)
);
create index clips_source on clips (source_id);
create index clips_listed on clips (id desc) where state <> 'deleted';
insert into state_edges values
  ('clips', 'queued', 'rendering'), ('clips', 'queued', 'cancelled'), ('clips', 'queued', 'failed'), ('clips', 'queued', 'deleted'),
  ('clips', 'rendering', 'ready'), ('clips', 'rendering', 'failed'), ('clips', 'rendering', 'cancelled'), ('clips', 'rendering', 'queued'),
  ('clips', 'rendering', 'deleted'),
  ('clips', 'ready', 'approved'), ('clips', 'ready', 'posted'), ('clips', 'ready', 'queued'), ('clips', 'ready', 'deleted'),
  ('clips', 'approved', 'posted'), ('clips', 'approved', 'ready'), ('clips', 'approved', 'queued'), ('clips', 'approved', 'deleted'),
  ('clips', 'posted', 'deleted'),
  ('clips', 'failed', 'queued'), ('clips', 'failed', 'deleted'),
  ('clips', 'cancelled', 'queued'), ('clips', 'cancelled', 'deleted');
create trigger clips_edges before update of state on clips for each row execute function check_state_edge();

-- Requests and clips share one space of public ids, so that a person never has to say which of the two they mean.
create function give_public_id() returns trigger language plpgsql as $$
begin
  while new.public_id is null or exists (select from requests r where r.public_id = new.public_id)
        or exists (select from clips c where c.public_id = new.public_id) loop
    new.public_id := crockford(6);
  end loop;
  return new;
end $$;
create trigger requests_public_id before insert on requests for each row execute function give_public_id();
create trigger clips_public_id before insert on clips for each row execute function give_public_id();

-- What lies in the store for a clip: the video, its thumbnail, its captions …
create table assets (
  id bigint generated always as identity primary key,
  clip_id bigint not null references clips,
  kind text not null check (kind in ('video', 'thumbnail', 'poster', 'captions', 'transcript', 'crop', 'raw')),
  revision int not null,
  store_key text not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  bytes bigint not null check (bytes > 0),
  mime text not null,
  width int,
  height int,
  duration_s double precision,
  created_at timestamptz not null default now(),
  unique (clip_id, kind, revision)
);
create index assets_key on assets (store_key);

-- Results of stages by the hash of their inputs, so that nothing costly is done twice.
create table stage_results (
  inputs_hash text primary key check (inputs_hash ~ '^[0-9a-f]{64}$'),
  stage text not null,
  version text not null,
  result jsonb not null,
  created_at timestamptz not null default now(),
  used_at timestamptz not null default now()
);

create table votes (
  clip_id bigint not null references clips on delete cascade,
  user_id bigint not null references users on delete cascade,
  value smallint not null check (value in (-1, 1)),
  platform text not null,
  voted_at timestamptz not null default now(),
  primary key (clip_id, user_id)
);

-- Jobs -----------------------------------------------------------------------------------------------------------

-- The right to work: whoever holds the advisory lock raises the epoch; every write of a worker is fenced by it.
create table worker_lease (
  one boolean primary key default true check (one),
  epoch bigint not null default 0,
  holder text,
  backend_pid int,
  version text,
  config_hash text,
  status jsonb not null default '{}',
  acquired_at timestamptz,
  heartbeat_at timestamptz
);
insert into worker_lease default values;

create table lanes (
  lane text primary key check (lane in ('media', 'io')),
  turn bigint not null default 0,
  paused_at timestamptz,
  paused_by text
);
insert into lanes (lane) values ('media'), ('io');

-- No foreign keys to lanes here: each would lock the lane's row, which every claim moves on.
create table requester_turns (
  lane text not null check (lane in ('media', 'io')),
  requester text not null,
  last_turn bigint not null,
  primary key (lane, requester)
);

-- The smallest (priority, turn, id) goes first. `run_at` is since when a ready job may run; `note` says why it last changed state.
create table jobs (
  id bigint generated always as identity primary key,
  kind text not null,
  version smallint not null default 1,
  payload jsonb not null,
  lane text not null check (lane in ('media', 'io')),
  priority smallint not null default 0 check (priority between -1000 and 1000),
  requester text not null default '',
  turn bigint not null default 0,
  serial_key text,
  unique_key text,
  request_id bigint references requests on delete cascade,
  clip_id bigint references clips on delete cascade,
  parent_id bigint references jobs on delete set null,
  state text not null default 'ready' check (state in ('ready', 'running', 'done', 'dead', 'cancelled')),
  run_at timestamptz not null default now(),
  attempt int not null default 0,
  max_attempts int not null check (max_attempts >= 1),
  crashes int not null default 0,
  run_timeout_s double precision not null check (run_timeout_s > 0),
  epoch bigint,
  heartbeat_at timestamptz,
  progress jsonb,
  cancel_requested_at timestamptz,
  result jsonb,
  error jsonb,
  note text not null default '',
  trace_id uuid not null,
  created_by text not null default '',
  executed_by text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  check ((state = 'running') <= (epoch is not null and started_at is not null)),
  check ((ended_at is not null) = (state in ('done', 'dead', 'cancelled'))),
  check (state <> 'dead' or error is not null)
);
create index jobs_ready on jobs (lane, priority, turn, id) where state = 'ready';
create index jobs_running on jobs (id) where state = 'running';
create index jobs_dead on jobs (id) where state = 'dead';
create index jobs_request on jobs (request_id) where request_id is not null;
create index jobs_clip on jobs (clip_id) where clip_id is not null;
create index jobs_serial on jobs (serial_key, id) where state in ('ready', 'running');
create unique index jobs_one_running_per_key on jobs (serial_key) where state = 'running';
create unique index jobs_unique_key on jobs (unique_key) where state in ('ready', 'running');

-- A claim and an end for every job: the edges stand in the condition, which costs no call.
create function refuse_state_edge() returns trigger language plpgsql as $$
begin
  raise exception '% cannot go from % to %', tg_table_name, old.state, new.state using errcode = 'check_violation';
end $$;
create trigger jobs_edges before update of state on jobs for each row
  when (old.state <> new.state and (old.state, new.state) not in (
    ('ready', 'running'), ('ready', 'cancelled'), ('ready', 'dead'),
    ('running', 'done'), ('running', 'ready'), ('running', 'dead'), ('running', 'cancelled'),
    ('dead', 'ready'), ('dead', 'cancelled'), ('cancelled', 'ready')))
  execute function refuse_state_edge();

-- One row per transition, from which the state can be replayed; written by the database so that none can be forgotten.
create table job_events (
  id bigint generated always as identity,
  job_id bigint not null,
  from_state text,
  to_state text not null,
  attempt int not null,
  epoch bigint,
  note text not null default '',
  at timestamptz not null default now(),
  primary key (job_id, id)
);

create function record_job_event() returns trigger language plpgsql security definer set search_path from current as $$
begin
  insert into job_events (job_id, from_state, to_state, attempt, epoch, note)
  values (new.id, case tg_op when 'UPDATE' then old.state end, new.state, new.attempt, new.epoch, new.note);
  return null;
end $$;
create trigger jobs_born after insert on jobs for each row execute function record_job_event();
create trigger jobs_moved after update of state on jobs for each row
  when (old.state <> new.state) execute function record_job_event();

-- Instead of a foreign key, which would lock the job's row for every event.
create function forget_job_events() returns trigger language plpgsql security definer set search_path from current as $$
begin
  delete from job_events e where e.job_id = old.id;
  return null;
end $$;
create trigger jobs_forgotten after delete on jobs for each row execute function forget_job_events();
create trigger job_events_fixed before update on job_events for each row execute function forbid_change();

-- One row per thing done outside (a post, an upload, a message); never done twice.
create table effects (
  effect_key text primary key,
  job_id bigint references jobs on delete set null,
  clip_id bigint references clips on delete cascade,
  epoch bigint not null,
  state text not null default 'intent' check (state in ('intent', 'done', 'unknown', 'failed')),
  remote_id text,
  detail jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (state <> 'done' or remote_id is not null)
);
create index effects_open on effects (state) where state in ('intent', 'unknown');

create table schedule_fires (
  name text not null,
  slot timestamptz not null,
  fired_at timestamptz not null default now(),
  primary key (name, slot)
);

-- Commands in, answers out ---------------------------------------------------------------------------------------

-- Each event of a platform is handled once; the second delivery gets the first one's answer.
create table inbox (
  platform text not null,
  event_id text not null,
  reply jsonb,
  received_at timestamptz not null default now(),
  primary key (platform, event_id)
);
create index inbox_age on inbox (received_at);

-- Where to tell: the one message of a request that is edited as the work goes on. Its revision only rises.
create table notices (
  request_id bigint primary key references requests on delete cascade,
  place jsonb not null,
  handle text,
  revision bigint not null default 0,
  body jsonb not null default '{}',
  final boolean not null default false,
  updated_at timestamptz not null default now()
);

create table cursors (
  name text primary key,
  value text not null,
  revision bigint not null default 1,
  updated_at timestamptz not null default now()
);

-- A privileged action that waits for the same person to confirm it.
create table confirmations (
  id uuid primary key default gen_random_uuid(),
  user_id bigint not null references users on delete cascade,
  command text not null,
  args jsonb not null,
  state_hash text not null,
  expires_at timestamptz not null,
  used_at timestamptz
);

create table feedback (
  id bigint generated always as identity primary key,
  user_id bigint references users on delete set null,
  text text not null,
  created_at timestamptz not null default now()
);

create table audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  actor text not null,
  roles text[] not null,
  platform text not null,
  place text not null,
  command text not null,
  args jsonb not null,
  outcome text not null check (outcome in ('allowed', 'refused', 'failed')),
  detail text not null default '',
  trace_id uuid not null,
  previous_hash text not null,
  hash text not null unique
);
create trigger audit_fixed before update or delete on audit for each row execute function forbid_change();
create trigger audit_kept before truncate on audit for each statement execute function forbid_change();

-- Least privilege --------------------------------------------------------------------------------------------------

revoke all on schema public from public;
grant usage on schema public to clipnet_api, clipnet_worker, clipnet_read;
grant select on all tables in schema public to clipnet_api, clipnet_worker, clipnet_read;
revoke select on oauth_tokens from clipnet_read;

grant insert, update on
  users, identities, communities, community_places, user_roles, oauth_tokens, sources, requests, clips, votes, jobs, effects,
  requester_turns, schedule_fires, inbox, notices, cursors, confirmations, feedback
  to clipnet_api;
grant update on lanes to clipnet_api;
grant insert on audit to clipnet_api;
grant delete on
  identities, user_roles, community_places, oauth_tokens, votes, inbox, confirmations, feedback, requester_turns
  to clipnet_api;

grant insert, update on
  sources, requests, segments, scores, transcripts, clips, assets, stage_results, jobs, effects, requester_turns, notices, cursors,
  votes, oauth_tokens
  to clipnet_worker;
grant update on worker_lease, lanes to clipnet_worker;
grant insert on audit to clipnet_worker;
grant delete on
  segments, scores, assets, stage_results, transcripts, inbox, requester_turns, job_events, schedule_fires
  to clipnet_worker;
