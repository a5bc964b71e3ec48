-- Two parts of version 3 of the scores. Days of version 2 have none of them, and those of version 3 no momentum.
alter table milepost.insight_days add column lately real, add column habit real;

-- Who is at risk is the first of these: long not seen, the root of how often they usually come taken into account.
drop index milepost.idx_snapshots_missed;
create index idx_snapshots_risk on milepost.snapshots ((missed_days / sqrt(usual_days)) desc, customer_id)
  where missed_days is not null;
