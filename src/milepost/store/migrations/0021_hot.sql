-- What every commit updates stays within its page.
--
-- PostgreSQL updates a row within its page, and leaves the indexes alone, only where no indexed column changes and the
-- page has room. Last event, events and sessions change with nearly every batch: for their indexes' sake each of its
-- customers cost a new entry in every index. Without them, a list in that order sorts one narrow column of everybody, who
-- are counted for the page anyway.
drop index milepost.idx_behavior_insights_last_event_at;
drop index milepost.idx_behavior_insights_total_events;
drop index milepost.idx_behavior_insights_total_sessions;

-- The mission's names, for the indexes that the insights have.
alter index milepost.idx_snapshots_score rename to idx_behavior_insights_score;
alter index milepost.idx_snapshots_rate rename to idx_behavior_insights_rate;
alter index milepost.idx_snapshots_due rename to idx_behavior_insights_due;

-- For new pages; what is there stays as it is. A session is updated by each batch of the half hour it lasts.
alter table milepost.standing set (fillfactor = 70);
alter table public.behavior_sessions set (fillfactor = 65);
