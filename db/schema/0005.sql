-- Consents that were begun and not yet given: the code under which the platform is asked, sealed like a token. A row
-- lives for as long as its code does. The person is no foreign key: who says `connect` as their first word is made in a
-- transaction that isn't over yet.
create table waiting_consents (
  id bigint generated always as identity primary key,
  user_id bigint not null,
  provider text not null,
  purpose text not null,
  community_id bigint,
  key_id text not null,
  nonce bytea not null check (length(nonce) = 12),
  ciphertext bytea not null,
  interval_s int not null check (interval_s >= 0),
  expires_at timestamptz not null,
  unique (user_id, provider, purpose)
);
grant select on waiting_consents to clipnet_api, clipnet_worker;
grant insert, update, delete on waiting_consents to clipnet_api;
