-- Brings customers to the current plan: their points are counted anew where it gives others than theirs.
create or replace function milepost.rescore(customers text[]) returns void
language plpgsql as $$
declare
  recounted text[];
begin
  perform milepost.lock_standing(customers);
  recounted := array(
    select s.customer_id from milepost.standing s
    where s.customer_id = any (customers) and exists (
      (select event_type, impact, points from milepost.plan_points where plan_version = milepost.current_plan()
        except select event_type, impact, points from milepost.plan_points where plan_version = s.plan_version)
      union all
      (select event_type, impact, points from milepost.plan_points where plan_version = s.plan_version
        except select event_type, impact, points from milepost.plan_points
        where plan_version = milepost.current_plan()))
    order by 1);
  update milepost.standing set plan_version = milepost.current_plan(), changed_from = '0001-01-01', unsettled = true,
    changes = changes + 1 where customer_id = any (customers);
  if cardinality(recounted) > 0 then
    perform milepost.recompute(recounted);
  end if;
end $$;
