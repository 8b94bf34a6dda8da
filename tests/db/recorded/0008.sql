-- What the code of revision 0008 wrote beyond that of 0007.
update identities set joined_from = user_id;
update user_roles set came_from = user_id;
insert into spent_votes (clip_id, user_id) select clip_id, 1 from polls;
