-- Whether a tie that says this stands and decides. In a ring of merges one may stand and not decide: it is made anew.
create or replace function milepost.is_tied(call text, kind text, from_id text, to_id text) returns boolean
language sql stable as $$
  select case
    when call = 'group' then milepost.customer_of(kind, from_id, 'infinity') = to_id
    else milepost.user_of(kind, from_id) = to_id and (kind <> 'user' or milepost.final_user(from_id) <> from_id)
  end is true
$$;
