-- Gives a role what a customer's reading needs; row level security says which rows that are. By itself it is for roles
-- of a gateway, whose settings say so (milepost.current_customer); people have milepost.grant_customer.
create or replace function milepost.grant_reading(reader name) returns void
language plpgsql as $$
begin
  execute format('grant usage on schema milepost, public to %I', reader);
  execute format('grant select on public.behavior_events, public.behavior_sessions, public.behavior_insights,'
    ' public.customer_actions, milepost.standing, milepost.customer_days, milepost.competency_days, milepost.sessions,'
    ' milepost.customers, milepost.plan, milepost.plans, milepost.plan_points, milepost.insight_days,'
    ' milepost.snapshots, milepost.badge_awards, milepost.game_profiles,'
    ' milepost.points_ledger, milepost.recommendations, milepost.private_outcomes, milepost.sql_readers to %I', reader);
  execute format('grant execute on function milepost.current_customer(),'
    ' milepost.assigned_customer(), milepost.claimed_customer(), milepost.is_server(),'
    ' milepost.current_plan(), milepost.plan_of(text), milepost.small_number(jsonb), milepost.referrer_source(text),'
    ' milepost.counts(public.behavior_events), milepost.contribution(public.behavior_events),'
    ' milepost.competency_scores(text, date), milepost.faded_outcomes(text, date),'
    ' milepost.insights_days(text, date[]), milepost.insights_on(text, date), milepost.practice_on(text, date),'
    ' milepost.trend_of(integer, integer, integer), milepost.results_on(text, date), milepost.outcomes_of(text[]), milepost.weakest(jsonb),'
    ' milepost.narrow_day(integer, integer, date, double precision, jsonb, double precision, text, boolean, boolean, text),'
    ' milepost.monday(date), milepost.streak_weeks(text[], date), milepost.streaks_of(text[], date),'
    ' milepost.streak_on(text, date), milepost.competency_climb(text[], date), milepost.level_thresholds(),'
    ' milepost.levels_of(text[], date), milepost.levels_on(text, date), milepost.badge_rules(),'
    ' milepost.badges_of(text[], date), milepost.game_on(text, date), milepost.next_actions(text) to %I', reader);
end $$;
