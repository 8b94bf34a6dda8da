-- What the code of revision 0002 wrote beyond that of 0001.
insert into jobs (kind, version, payload, lane, max_attempts, run_timeout_s, trace_id, held_at)
  values ('clip:process', 9, '{}', 'media', 3, 60, gen_random_uuid(), now());
