-- What the code of revision 0003 wrote beyond that of 0002.
insert into sources (kind, origin) values ('live', 'twitch:1');
insert into streams (platform, channel_id, remote_id, url) values ('twitch', '1', '9', 'https://example.org/live');
insert into deliveries (platform, event_id, kind, body) values ('twitch', 'e1', 'stream.online', '{}');
