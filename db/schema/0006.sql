-- What each of several processes counted of a bucket, where each hears a part of a chat: by a name that a count has for
-- as long as it goes on, [messages, chatters, emotes]. Their sum is what the bucket's own columns are told.
alter table chat_counts add column shares jsonb not null default '{}';
