-- Who was banned and asked to be forgotten: of each account a keyed hash, by which they are known when they come back.
-- Without a community the ban holds everywhere. The row goes when its ban is handed on to the person's new row.
create table outcasts (
  mark bytea not null check (length(mark) = 32),
  community_id bigint references communities on delete cascade,
  until timestamptz,
  unique nulls not distinct (mark, community_id)
);
create index outcasts_community on outcasts (community_id);
grant select on outcasts to clipnet_api, clipnet_worker, clipnet_read;
grant insert, delete on outcasts to clipnet_api;

-- The vote on a cut that was replaced is forgotten.
grant delete on polls to clipnet_api;
