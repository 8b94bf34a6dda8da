-- What the code of revision 0007 wrote beyond that of 0006.
update requests set place = place || '{"extra": {"token": "t", "until": "1700000000.5"}}';
insert into cursors (name, value) values ('discord:button:00', 'do:echo?words=w');
