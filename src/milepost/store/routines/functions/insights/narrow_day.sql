-- A day's insights as they are remembered: seven digits of each figure. The parts are those of the formulas that made
-- them; since version 3 the fourth is lately.
create or replace function milepost.narrow_day(customer integer, version integer, day date, score double precision,
  components jsonb, rate double precision, trend text, inconsistent boolean, low_impact boolean, weakest text)
returns setof milepost.insight_days
language sql stable as $$
  select customer, version, day, least(round(rate * 4), 2147483647)::integer, score::real,
    (components #>> '{0,value}')::real, (components #>> '{1,value}')::real, (components #>> '{2,value}')::real,
    (components #>> case when third then '{4,value}' else '{3,value}' end::text[])::real,
    case when not third then (components #>> '{4,value}')::real end,
    (components #>> case when third then '{6,value}' else '{5,value}' end::text[])::real,
    (select c.place from milepost.plans p
      cross join lateral jsonb_array_elements_text(p.rules -> 'competencies') with ordinality as c(id, place)
      where p.plan_version = version and c.id = weakest)::smallint,
    case trend when 'improving' then 1 when 'stable' then 0 when 'declining' then -1 end::smallint,
    inconsistent, low_impact,
    case when third then (components #>> '{3,value}')::real end,
    case when third then (components #>> '{5,value}')::real end
  from (select components #>> '{3,name}' is not distinct from 'lately' as third) as of_version
$$;
