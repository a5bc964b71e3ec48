-- True for Milepost itself, false for a reader, who has put that role aside. Parsed when it is made: nobody's search
-- path has another pg_has_role for it.
create or replace function milepost.is_server() returns boolean
language sql stable parallel safe
return pg_has_role(current_user, 'milepost_server', 'member');
