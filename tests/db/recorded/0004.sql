-- What the code of revision 0004 wrote beyond that of 0003.
insert into outcasts (mark) values (repeat('m', 32)::bytea);
