-- Erases a person whose events are gone: traits, ties, and the mention in offline actions.
create or replace function milepost.forget_person(whose text) returns void
language plpgsql as $$
begin
  perform milepost.forget_traits('person', whose);
  update public.customer_actions set user_id = null where user_id = whose;
  delete from milepost.ties where (kind = 'user' and from_id = whose) or (call <> 'group' and to_id = whose);
  delete from milepost.followings where kind = 'user' and id = whose;
  delete from milepost.leavings where kind = 'user' and id = whose;
  delete from milepost.users where user_id = whose;
  perform milepost.forget_in_questions(whose);
  perform milepost.forget_in_segments('person', whose);
  delete from milepost.numbers n where n.kind = 'user' and n.id = whose;
end $$;
