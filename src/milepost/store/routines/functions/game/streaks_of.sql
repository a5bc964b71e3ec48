-- Each customer's streak. active: this week counts already. due: last week did. grace: last week did not, so that it
-- ends unless something happens by keep_by. none: there is none to keep.
create or replace function milepost.streaks_of(customers text[], as_of date)
returns table (customer_id text, weeks bigint, longest bigint, state text, keep_by date)
language sql stable as $$
  select c.customer_id, case when s.state = 'none' then 0 else w.nth end, coalesce(w.longest, 0), s.state,
    case s.state when 'grace' then milepost.monday(as_of) + 6 when 'due' then milepost.monday(as_of) + 13 end
  from (select distinct unnest(customers)) as c(customer_id)
  left join (
    select distinct on (k.customer_id) k.customer_id, k.monday, k.nth,
      max(k.nth) over (partition by k.customer_id) as longest
    from milepost.streak_weeks(customers, as_of) as k order by k.customer_id, k.monday desc) as w using (customer_id)
  cross join lateral (select case milepost.monday(as_of) - w.monday
    when 0 then 'active' when 7 then 'due' when 14 then 'grace' else 'none' end as state) as s
$$;
