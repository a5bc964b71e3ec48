-- The rows of a batch for milepost.tell_traits that are news: another value than the trait has at that moment, or the
-- same told again after a day or more. Of rows for the same moment the greater value counts.
create or replace function milepost.news_of(batch json) returns milepost.trait_news[]
language sql stable as $$
  select coalesce(array_agg(row (r.kind, r.id, r.name, r.since, r.value, r.figure, r.source,
    r.only_one and before.since is not null and before.value = r.value, before.since,
    case when before.told_at > r.since then before.told_at end)::milepost.trait_news), '{}')
  from (
    select *, count(*) over (partition by kind, id, name) = 1 as only_one from (
      select distinct on (kind, id, name, since) kind, id, name, since, coalesce(value, 'null') as value, figure, source
      from json_to_recordset(batch) as x(kind text, id text, name text, value jsonb, figure double precision,
        since timestamptz, source text)
      order by kind, id, name, since, value desc) as s) as r
  left join lateral (
    select t.value, t.since, t.told_at from milepost.traits t
    where t.kind = r.kind and t.id = r.id and t.name = r.name and t.since <= r.since
    order by t.since desc limit 1) as before on true
  where case
    when before.since is null then true
    -- Of several for one trait each takes its place, as what stands between them is not known yet.
    when before.value = r.value then r.since > before.since and (not r.only_one or r.since >= before.told_at + interval '1 day')
    else before.since < r.since or r.value > before.value end
$$;
