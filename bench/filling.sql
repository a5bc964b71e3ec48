-- History for the benches: the same customers, sessions and events for the same numbers. Loaded by name (filling.py).

-- name: events
-- Sessions of four events for a slice of customers, spread over the last days; a tenth of the customers came late or
-- left. Triggers are on: all that is kept comes about as it does in life.
insert into public.behavior_events (event_id, customer_id, user_id, session_id, event_type, tool_id, tool_section,
  business_impact, competency_area, current_arr, target_arr, growth_stage, device_type, browser, session_duration,
  time_on_page, event_metadata, "timestamp")
select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(digest, 1, 3) || '8'
    || substr(digest, 4, 15))::uuid,
  'customer-' || c, 'customer-' || c || '-user-' || s %% 3, 'session-' || c || '-' || s,
  (array['tool_usage', 'navigation', 'content_interaction', 'navigation', 'export_action', 'resource_generation',
    'tool_usage', 'tool_usage', 'resource_share', 'competency_milestone'])[1 + (chance & 1023) %% 10],
  (array['icp-analysis', 'cost-calculator', 'business-case', 'resource-library'])[1 + tool],
  'results', (array['low', 'low', 'medium', 'high'])[1 + ((chance >> 10) & 3)],
  (array['customer_intelligence', 'value_communication', 'sales_execution', 'systematic_optimization'])[1 + tool],
  '$2M+', '$10M', 'rapid_scaling', 'desktop', 'Chrome', (chance >> 4) & 524287,
  (chance >> 8) & 65535, jsonb_build_object('format', 'pdf', 'plan', chance %% 5, 'step', chance & 7, 'label', 'Quarterly summary'), at
from (
  select c, s, digest, ('x' || substr(digest, 1, 7))::bit(28)::integer as chance,
    ('x' || substr(digest, 9, 1))::bit(4)::integer & 3 as tool,
    %(now)s::timestamptz - interval '1 hour' - e * interval '45 seconds'
      - interval '1 day' * %(days)s * case c %% 10 when 0 then place / 8 when 1 then 0.5 + place / 2 else place end as at
  from generate_series(%(first)s::integer, %(first)s::integer + %(n)s::integer - 1) as c
  -- Customers of very different size: a few have several times the mean.
  cross join lateral (
    select greatest(1, round(%(sessions)s * 1.6 * power((hashint4(c) & 65535) / 65536.0, 1.5) * 1.5625)::integer) as most) as m
  cross join lateral generate_series(1, m.most) as s
  cross join lateral (select (hashint8(c * 100000::bigint + s) & 1048575) / 1048576.0 as place) as w
  cross join generate_series(0, 3) as e
  cross join lateral (select md5(c || '/' || s || '/' || e) as digest) as d) as made
order by at

-- name: names
-- What `group` calls told of them.
insert into milepost.customers (customer_id, name)
select 'customer-' || c, (array['Acme', 'Borealis', 'Contoso', 'Delta', 'Ember', 'Fjord', 'Granite', 'Harbor'])[1 + c %% 8]
  || ' ' || c from generate_series(%(first)s::integer, %(first)s::integer + %(n)s::integer - 1) as c

-- name: actions
-- Offline: every fifth customer had a call and every tenth a deal.
insert into public.customer_actions (customer_id, action_type, role, competency_area, business_impact, source, "timestamp")
select 'customer-' || c, case when k = 0 then 'call' else 'deal_won' end,
  case when k = 0 then 'intervention' else 'outcome' end, 'sales_execution', 'high', 'bench',
  %(now)s::timestamptz - interval '1 day' * ((hashint4(c + k) & 1023) %% %(days)s)
from generate_series(%(first)s::integer, %(first)s::integer + %(n)s::integer - 1) as c
cross join generate_series(0, 1) as k where c %% 5 = 0 and (k = 0 or c %% 10 = 0)

-- name: opt_in
-- Every twentieth is on the leaderboard, every second of them by name.
insert into milepost.game_profiles (customer_id, leaderboard, display_name, updated_at)
select 'customer-' || c, case when c %% 40 = 0 then 'named' else 'anonymous' end,
  case when c %% 40 = 0 then 'Team ' || c end, %(now)s::timestamptz
from generate_series(%(first)s::integer, %(first)s::integer + %(n)s::integer - 1) as c
where c %% 20 = 0

-- name: traits
-- So many traits each, every second a number, as told now.
insert into milepost.traits (kind, id, name, since, told_at, value, figure, source)
select 'customer', 'customer-' || c, 't' || t, %(now)s::timestamptz, %(now)s::timestamptz,
  case when t %% 2 = 0 then to_jsonb((c::bigint * t * 7919) %% 10007) else to_jsonb('v' || ((c * t) %% (t * 3 + 1))) end,
  case when t %% 2 = 0 then (c::bigint * t * 7919) %% 10007 end, 'bench'
from generate_series(%(first)s::integer, %(first)s::integer + %(n)s::integer - 1) as c
cross join generate_series(1, %(traits)s::integer) as t

-- name: trait_names
insert into milepost.trait_names (kind, name, seen)
select 'customer', 't' || t, case when t %% 2 = 0 then '{number}'::text[] else '{text}' end
from generate_series(1, %(traits)s::integer) as t
