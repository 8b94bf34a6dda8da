-- What the code of revision 0005 wrote beyond that of 0004.
insert into waiting_consents (user_id, provider, purpose, key_id, nonce, ciphertext, interval_s, expires_at)
values (1, 'twitch', 'bot', 'k1', repeat('n', 12)::bytea, 'sealed', 5, now() + interval '30 min');
