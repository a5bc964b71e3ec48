-- A weekly mail that waits may name whom somebody erases: it is made anew.
create or replace function milepost.forget_digests() returns void
language sql as $$
  delete from milepost.messages m where m.topic = 'digest.weekly'
    and exists (select from milepost.deliveries d where d.message_id = m.message_id and d.next_try_at is not null)
$$;
