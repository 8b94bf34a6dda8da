-- Which row an account was before it was linked, to which it goes back; null for those that the person began with.
alter table identities add column joined_from bigint references users on delete set null;
-- Whose role it was before their account was linked, to whom it goes back.
alter table user_roles add column came_from bigint references users on delete set null;

-- Accounts that were linked so far: a person's row and their first account were written at the same instant.
update identities i set joined_from = g.id from users g
where g.merged_into = i.user_id and g.created_at = i.created_at and not exists (
  select from users o where o.id <> g.id and o.merged_into = g.merged_into and o.created_at = g.created_at);

-- Votes that somebody has no more, as they voted while their account was another one's.
create table spent_votes (
  clip_id bigint not null references polls on delete cascade,
  user_id bigint not null references users on delete cascade,
  primary key (clip_id, user_id)
);
create index spent_votes_user on spent_votes (user_id);
grant select on spent_votes to clipnet_api, clipnet_worker, clipnet_read;
grant insert, delete on spent_votes to clipnet_api;
