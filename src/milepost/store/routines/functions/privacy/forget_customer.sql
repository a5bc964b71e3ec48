-- Erases a customer whose events are gone: everything that knows it by its id, in this release's tables and whatever
-- comes later. What was revoked stays revoked.
create or replace function milepost.forget_customer(whose text) returns void
language plpgsql as $$
declare
  name text;
begin
  perform milepost.lock_standing(array[whose]);
  perform milepost.forget_traits('customer', whose);
  perform milepost.forget_work(whose);
  delete from public.customer_actions where customer_id = whose;
  delete from milepost.insight_days
    where customer = (select s.number from milepost.snapshots s where s.customer_id = whose);
  delete from milepost.ties where call = 'group' and to_id = whose;
  -- `standing` comes last, as others refer to it.
  for name in
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'customer_id' and not a.attisdropped
    where n.nspname = 'milepost' and c.relkind in ('r', 'p') and c.relname not in ('token_revocations')
    order by c.relname = 'standing', c.relname
  loop
    execute format('delete from milepost.%I where customer_id = $1', name) using whose;
  end loop;
  perform milepost.forget_in_questions(whose);
  perform milepost.forget_in_segments('customer', whose);
  delete from milepost.numbers n where n.kind = 'customer' and n.id = whose;
  perform milepost.forget_digests();
  delete from milepost.messages m where m.topic in ('alert.raised', 'alert.ended')
    and (m.body::jsonb #> '{data,customers}') @> jsonb_build_array(jsonb_build_object('customer_id', whose));
  perform milepost.tell('customer.erased', null, null, jsonb_build_object('customer_id', whose), clock_timestamp());
end $$;
