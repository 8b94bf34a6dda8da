-- What the code of revision 0006 wrote beyond that of 0005.
insert into chat_counts (platform, channel_id, at, messages, chatters, emotes, shares)
values ('twitch', '12', to_timestamp(1700000000), 5, 3, 0, '{"0a1b2c3d": [3, 2, 0], "4e5f6a7b": [2, 1, 0]}');
