-- Erases a person whose events are gone: traits, ties, and the mention in offline actions.
create or replace function milepost.forget_person(whose text) returns void
language plpgsql as $$
begin
  -- No listing that has read the ties adds them again afterwards (list_followings).
  perform pg_advisory_xact_lock(hashtext('milepost.followings'));
  delete from milepost.followings f using milepost.ties t
    where t.call <> 'group' and t.to_id = whose and f.kind = t.kind and f.id = t.from_id;
  perform milepost.forget_traits('person', whose);
  update public.customer_actions set user_id = null where user_id = whose;
  delete from milepost.ties where (kind = 'user' and from_id = whose) or (call <> 'group' and to_id = whose);
  delete from milepost.followings where kind = 'user' and id = whose;
  delete from milepost.leavings where kind = 'user' and id = whose;
  delete from milepost.users where user_id = whose;
  perform milepost.forget_in_questions(whose);
  perform milepost.forget_in_segments('person', whose);
  delete from milepost.numbers n where n.kind = 'user' and n.id = whose;
  -- A dashboard's may.
  perform milepost.forget_digests();
  perform milepost.tell('person.erased', null, null, jsonb_build_object('user_id', whose), clock_timestamp());
end $$;
