-- Standing: what the events say of each customer, kept in the event's own transaction.
--
-- What one event adds is defined once, in milepost.contribution(). Everything is a sum, a minimum or a maximum of it,
-- so batches, their order and duplicates cannot change the outcome; what depends on the clock is worked out when read.

-- An event in the words of the standing.
create type milepost.contributed as (
  customer_id text, session_id text, at timestamptz, day date, tool_id text,
  competency text, points integer, credibility integer, exports integer, resources_created integer,
  resources_shared integer, milestones integer, high_impact integer, medium_impact integer, low_impact integer,
  -- A prefix by which the newest of several texts is the greatest; null where there is none to compare.
  recency text, current_arr text, target_arr text, growth_stage text);

-- One row a customer: totals over everything that counts.
create table milepost.standing (
  customer_id text primary key,
  first_event_at timestamptz,
  last_event_at timestamptz,
  last_session_at timestamptz,
  total_events bigint not null default 0,
  total_sessions bigint not null default 0,
  total_tool_sessions bigint not null default 0,
  total_exports_generated bigint not null default 0,
  total_resources_created bigint not null default 0,
  total_resources_shared bigint not null default 0,
  total_milestones bigint not null default 0,
  high_impact_events bigint not null default 0,
  medium_impact_events bigint not null default 0,
  low_impact_events bigint not null default 0,
  total_points bigint not null default 0,
  professional_credibility bigint not null default 0,
  -- The newest value sent, behind the 56 characters of its time and event id, so that the greatest is the newest.
  current_arr_latest text,
  target_arr_latest text,
  growth_stage_latest text,
  total_actions bigint not null default 0,
  last_action_at timestamptz,
  pinned boolean not null default false,
  -- Whose points the customer's sums are of.
  plan_version integer not null default milepost.current_plan(),
  -- Something changed that is not settled yet; how often, so that a change while settling is not lost; the earliest
  -- UTC day concerned.
  unsettled boolean not null default true,
  changes bigint not null default 0,
  changed_from date default '0001-01-01'
  -- Nearly every batch updates it: within its page, as no indexed column changes and there is room.
) with (fillfactor = 70);
create index idx_standing_unsettled on milepost.standing (customer_id) where unsettled;

-- One row a customer and UTC day: what windows, trends and repairs are computed from.
create table milepost.customer_days (
  customer_id text not null,
  day date not null,
  first_event_at timestamptz not null,
  last_event_at timestamptz not null,
  last_session_at timestamptz,
  events bigint not null,
  exports bigint not null,
  resources_created bigint not null,
  resources_shared bigint not null,
  milestones bigint not null,
  high_impact bigint not null,
  medium_impact bigint not null,
  low_impact bigint not null,
  points bigint not null,
  credibility bigint not null,
  tools text[] not null,
  current_arr_latest text,
  target_arr_latest text,
  growth_stage_latest text,
  primary key (customer_id, day)
) with (fillfactor = 85);
create index idx_customer_days_day on milepost.customer_days (day);

-- One row a customer, competency and UTC day with points.
create table milepost.competency_days (
  customer_id text not null,
  competency text not null,
  day date not null,
  points bigint not null,
  primary key (customer_id, competency, day)
) with (fillfactor = 85);

-- One row a customer and session. What else public.behavior_sessions says of one is read from its events.
create table milepost.sessions (
  customer_id text not null,
  session_id text not null,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  events bigint not null,
  exports bigint not null,
  points bigint not null,
  tools text[] not null,
  primary key (customer_id, session_id)
  -- Updated by each batch of the half hour a session lasts: room for it within its page.
) with (fillfactor = 65);
create index idx_behavior_sessions_customer_id on milepost.sessions (customer_id, started_at desc);
create index idx_behavior_sessions_started_at on milepost.sessions (started_at);

call milepost.protect('milepost.standing', customers_read => true);
alter policy standing_own on milepost.standing rename to behavior_insights_own;
call milepost.protect('milepost.customer_days', customers_read => true);
call milepost.protect('milepost.competency_days', customers_read => true);
call milepost.protect('milepost.sessions', customers_read => true);
alter policy sessions_own on milepost.sessions rename to behavior_sessions_own;
