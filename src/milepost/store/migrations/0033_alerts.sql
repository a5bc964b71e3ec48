-- Alerts: what is watched, and what was found. Rules: docs/alerts.md.

create table milepost.alerts (
  alert_id uuid primary key default milepost.uuid7(),
  kind text not null check (kind in ('at_risk', 'unusual', 'silence', 'segment', 'figure')),
  name text not null check (length(name) between 1 and 100),
  -- Of what `kind` needs: the segment; the question, and below or above what.
  segment_id uuid references milepost.segments on delete cascade,
  report_id uuid references milepost.reports on delete cascade,
  below double precision,
  above double precision,
  -- Who is told; null is every destination that wants alerts.
  destinations uuid[],
  active boolean not null default true,
  snoozed_until timestamptz,
  made_at timestamptz not null,
  made_by text,
  -- When it was looked at last, and what kept it from being.
  checked_at timestamptz,
  trouble text,
  -- The last message of it, and of how many customers that was.
  told_at timestamptz,
  told_count integer not null default 0,
  check ((kind = 'segment') = (segment_id is not null)),
  check ((kind = 'figure') = (report_id is not null)),
  check (kind <> 'figure' or num_nonnulls(below, above) = 1)
);
create unique index idx_alerts_own on milepost.alerts (kind) where kind in ('at_risk', 'unusual', 'silence');
create index idx_alerts_segment on milepost.alerts (segment_id) where segment_id is not null;
create index idx_alerts_report on milepost.alerts (report_id) where report_id is not null;

-- A time in which an alert holds.
create table milepost.incidents (
  incident_id uuid primary key default milepost.uuid7(),
  alert_id uuid not null references milepost.alerts on delete cascade,
  began_at timestamptz not null,
  ended_at timestamptz,
  -- What is so, where it is of no customers.
  says text,
  -- When somebody was told of it last, of how many customers in all, and when that it is over.
  told_at timestamptz,
  told integer not null default 0,
  over_told_at timestamptz,
  acknowledged_at timestamptz,
  acknowledged_by text
);
create unique index idx_incidents_open on milepost.incidents (alert_id) where ended_at is null;
create index idx_incidents_alert on milepost.incidents (alert_id, began_at desc);

-- Of whom it holds, since when, and why.
create table milepost.incident_customers (
  incident_id uuid not null references milepost.incidents on delete cascade,
  customer_id text not null check (length(customer_id) between 1 and 200),
  since timestamptz not null,
  until timestamptz,
  says text not null,
  told boolean not null default false,
  primary key (incident_id, customer_id)
);
create index idx_incident_customers_customer on milepost.incident_customers (customer_id);

call milepost.protect('milepost.alerts');
call milepost.protect('milepost.incidents');
call milepost.protect('milepost.incident_customers');

-- These are there from the start; they can be switched off.
insert into milepost.alerts (kind, name, made_at) values
  ('at_risk', 'At risk', now()), ('unusual', 'Unusual use', now()), ('silence', 'No events', now());
