-- Offline actions: calls, workshops, proposals, deals.

create table public.customer_actions (
  action_id uuid primary key default milepost.uuid7(),
  customer_id milepost.label not null,
  user_id milepost.label,
  action_type milepost.label not null,
  role text not null default 'intervention' check (role in ('intervention', 'outcome')),
  description text,
  competency_area milepost.label,
  business_impact text not null default 'medium' check (business_impact in ('low', 'medium', 'high')),
  value numeric,
  currency text check (length(currency) = 3),
  action_metadata jsonb not null default '{}',
  source text,
  "timestamp" timestamptz not null default now(),
  received_at timestamptz not null default now(),
  deleted_at timestamptz
);
comment on table public.customer_actions is 'Offline activities of customers: calls, workshops, proposals, deals.';
create index idx_customer_actions_customer_timestamp on public.customer_actions (customer_id, "timestamp" desc);

-- Who of the team recorded an offline action by hand, and who changed it last. That is the team's own business: it
-- stands in a table of its own, as customers may read their actions.
create table milepost.action_authors (
  action_id uuid primary key,
  -- The e-mail address at that time. Null: it came through the API.
  recorded_by text,
  changed_by text,
  changed_at timestamptz
);
comment on table milepost.action_authors is 'Who of the team recorded and changed an offline action by hand.';

call milepost.protect('public.customer_actions');
create policy customer_actions_own on public.customer_actions for select
  using (customer_id = (select milepost.current_customer()) and deleted_at is null);
call milepost.protect('milepost.action_authors');
