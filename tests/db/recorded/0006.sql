-- What the code of revision 0006 wrote beyond that of 0005.
update requests set place = place || '{"extra": {"token": "t", "until": "1700000000.5"}}';
insert into cursors (name, value) values ('discord:button:00', 'do:echo?words=w');
