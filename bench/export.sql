-- Events for bench/export.py: two years, every column but a few, texts as long as they are in life.

-- name: events
insert into public.behavior_events (customer_id, user_id, anonymous_id, session_id, event_type, event_name, tool_id,
  tool_section, business_impact, competency_area, growth_stage, event_metadata, session_duration, page_url, referrer,
  device_type, browser, "timestamp", received_at)
select 'customer-' || i %% 5000, case when i %% 4 > 0 then 'user-' || i %% 20011 end, 'visitor-' || i %% 30011,
  'session-' || i / 8, (array['tool_usage', 'export_action', 'navigation', 'content_interaction'])[1 + i %% 4],
  case when i %% 3 = 0 then 'Report shared' end, 'tool-' || i %% 12, nullif('section-' || i %% 5, 'section-0'),
  (array['low', 'medium', 'high'])[1 + i %% 3], 'value_communication', 'scale',
  case when i %% 2 = 0 then '{}' else jsonb_build_object('amount', i %% 977, 'label', 'label ' || i %% 101,
    'note', 'He said "yes", \o/ naïve') end,
  i %% 100000, 'https://app.example.com/tools/' || i %% 500 || '?q=' || i,
  case when i %% 5 = 0 then 'https://search.example/' end, 'desktop', 'Firefox',
  timestamptz '2025-01-01 00:00Z' + i * interval '6 seconds', timestamptz '2025-01-01 00:00Z' + i * interval '6.1 seconds'
from generate_series(%(first)s::bigint, %(first)s::bigint + %(n)s::bigint - 1) as i
