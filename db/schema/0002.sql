-- A job whose payload is newer than the worker knows waits for a newer worker instead of failing.

alter table jobs add column held_at timestamptz;
create index jobs_held on jobs (id) where held_at is not null;
alter table jobs add constraint jobs_held_is_ready check (held_at is null or state in ('ready', 'cancelled'));
