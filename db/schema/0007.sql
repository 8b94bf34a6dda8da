-- Places that reach a message for some minutes only, by when that ends (Unix seconds): they are looked for every minute.
create index requests_until on requests (((place #>> '{extra,until}')::float8))
  where place #>> '{extra,until}' is not null;
create index notices_until on notices (((place #>> '{extra,until}')::float8))
  where place #>> '{extra,until}' is not null;
create index request_askers_until on request_askers (((place #>> '{extra,until}')::float8))
  where place #>> '{extra,until}' is not null;
create index copies_until on copies (((place #>> '{extra,until}')::float8))
  where place #>> '{extra,until}' is not null;
create index effects_token on effects (updated_at) where remote_id ~ '"token": "[^"]';

-- What stands behind buttons whose words don't fit in their id is thrown away some time after they were shown last.
grant delete on cursors to clipnet_worker;
