-- A customer's practice and results on a day: one row for each competency of the plan, and one without a competency for
-- all of them together. practice = the competency score; results: results_on.
create or replace function milepost.practice_on(customer text, as_of date)
returns table (
  competency text, practice double precision, results double precision, points bigint, faded_points double precision,
  outcomes bigint, faded_outcomes double precision, last_outcome date)
language sql stable as $$
  with outcomes as materialized (
    select * from milepost.results_on(customer, as_of)
  ),
  skills as materialized (
    select * from milepost.competency_scores(customer, as_of)
      with ordinality as s(competency, points, faded, score, last_day, place)
  )
  select competency, practice, coalesce(results, 0), points, faded_points, coalesce(outcomes, 0), coalesce(faded, 0),
    last_outcome
  from (
    select s.place, s.competency, s.score as practice, s.points, s.faded as faded_points, o.results, o.outcomes,
      o.faded, o.last_outcome
    from skills s left join outcomes o on not o.is_whole and o.competency = s.competency
    union all
    select 0, null, coalesce(s.practice, 0), coalesce(s.points, 0)::bigint, coalesce(s.faded, 0), o.results, o.outcomes,
      o.faded, o.last_outcome
    -- Ordered as in insights_days, so that both say the same to the last bit.
    from (select avg(score order by competency) as practice, sum(points) as points,
      sum(faded order by competency) as faded from skills) as s
    left join outcomes o on o.is_whole) as both_kinds
  order by place
$$;
