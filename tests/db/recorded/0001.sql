-- What the code of revision 0001 wrote, statement by statement: data to migrate, and proof that it still works later.
insert into users (display_name) values ('Ada');
insert into identities (platform, platform_user_id, user_id) select 'discord', 'd-' || max(id), max(id) from users;
insert into communities (name) values ('Here');
insert into sources (kind, origin) values ('file', 'a.mp4');
insert into requests (source_id, place, options, trace_id) select max(id), '{}', '{}', gen_random_uuid() from sources;
insert into clips (request_id, source_id, rank, start_s, end_s, score, reason)
  select r.id, r.source_id, 1, 0, 10, 0.5, 'loud' from requests r order by r.id desc limit 1;
update clips set state = 'rendering' where id = (select max(id) from clips);
insert into requester_turns (lane, requester, last_turn) values ('media', 'ada', 1)
  on conflict (lane, requester) do update set last_turn = requester_turns.last_turn + 1;
insert into jobs (kind, payload, lane, requester, max_attempts, run_timeout_s, trace_id, serial_key, request_id)
  select 'clip:process', '{"request_id": 1}', 'media', 'ada', 3, 60, gen_random_uuid(), 'request:' || max(id), max(id) from requests;
update worker_lease set epoch = epoch + 1, holder = 'recorded';
update jobs set state = 'running', attempt = attempt + 1, epoch = (select epoch from worker_lease), started_at = now()
  where id = (select max(id) from jobs);
insert into effects (effect_key, job_id, epoch) select 'post-' || max(id), max(id), 1 from jobs;
update effects set state = 'done', remote_id = 'r' where state = 'intent';
update jobs set state = 'ready', run_at = now(), note = 'again' where state = 'running';
update jobs set state = 'running', attempt = attempt + 1, epoch = 1, started_at = now() where state = 'ready';
update jobs set state = 'done', ended_at = now(), result = '{}' where state = 'running';
insert into schedule_fires (name, slot) values ('prune', clock_timestamp());
insert into inbox (platform, event_id) values ('discord', gen_random_uuid()::text);
