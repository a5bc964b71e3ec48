-- Whose an event is, from what its sender said and when it was received; and how that is known. In plpgsql, as it must not
-- be inlined where it is rarely called: every insert would set it up.
create or replace function milepost.resolve(sent_customer text, sent_user text, anonymous text, received timestamptz)
returns table (customer_id text, user_id text, customer_source text, user_source text)
language plpgsql stable as $$
begin
  return query select
    coalesce(sent_customer, belongs.customer_id, final.id, anonymous),
    final.id,
    case when sent_customer is not null then 'sent' when belongs.customer_id is not null then 'user' else 'guess' end,
    case when sent_user is null and final.id is not null then 'anonymous'
      when final.id is distinct from sent_user then 'merged' else 'sent' end
  from (select coalesce(sent_user, milepost.user_of('anonymous', anonymous)) as id) as said
  cross join lateral (select milepost.final_user(said.id) as id) as final
  cross join lateral (select case when sent_customer is null then coalesce(
    milepost.customer_of('user', final.id, received),
    -- A merged user who belongs to no customer yet keeps the one from before the merge.
    milepost.customer_of('user', said.id, received),
    milepost.customer_of('anonymous', anonymous, received)) end as customer_id) as belongs;
end $$;
