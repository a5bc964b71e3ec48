-- The version new customers begin with; 0 before there is a plan.
create or replace function milepost.current_plan() returns integer
language sql stable parallel safe as $$
  select coalesce((select plan_version from milepost.plan), 0)
$$;
