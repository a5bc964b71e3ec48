-- The mirror's tables, for chDB and a ClickHouse server alike. ddl.py fills the slots in.
-- No customer's or user's id stands here, only their numbers (milepost.numbers in PostgreSQL knows whose).

-- name: events
-- One row an event; the row with the highest `ver` of a key counts, and none where that one is deleted.
create table if not exists $events $on_cluster (
  event_id UUID,
  customer UInt32,
  -- The user's number, else the anonymous visitor's; 0 is nobody in particular.
  user UInt32,
  session_id String codec(ZSTD(1)),
  -- One number a session of a customer, 0 where there is none: it is counted and grouped by faster than the two.
  session UInt64 materialized if(session_id = '', 0, xxh3(customer, session_id)) codec(ZSTD(1)),
  event_type LowCardinality(String),
  event_name LowCardinality(String),
  actor_type LowCardinality(String),
  tool_id LowCardinality(String),
  tool_section LowCardinality(String),
  business_impact LowCardinality(String),
  competency_area LowCardinality(String),
  current_arr LowCardinality(String),
  target_arr LowCardinality(String),
  growth_stage LowCardinality(String),
  device_type LowCardinality(String),
  browser LowCardinality(String),
  page_url String codec(ZSTD(1)),
  referrer String codec(ZSTD(1)),
  referrer_source LowCardinality(String),
  -- Milliseconds; -1 is none.
  session_duration Int64 codec(ZSTD(1)),
  time_on_page Int64 codec(ZSTD(1)),
  -- Metadata as an object of texts, by key: what PostgreSQL's jsonb_each_text answers.
  metadata String codec(ZSTD(1)),
  properties Map(LowCardinality(String), String) materialized JSONExtract(metadata, 'Map(String, String)') codec(ZSTD(1)),
  is_bot UInt8,
  ts DateTime64(6, 'UTC') codec(Delta, ZSTD(1)),
  -- The loader's batch, twice, and one more for a row that stands: in one batch it wins over its own deletion.
  ver UInt64 codec(Delta, ZSTD(1)),
  is_deleted UInt8,
  -- Loads are parts of their own for a while, so this finds what one of them brought.
  index of_load ver type minmax granularity 1
)
engine = $replacing(${path}ver, is_deleted)
partition by toYYYYMM(ts)
order by (customer, ts, event_id)
settings min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1,
  -- Lets OPTIMIZE ... CLEANUP take deleted rows off the disk.
  allow_experimental_replacing_merge_with_cleanup = 1;

-- name: traits
-- What traits of customers and people have been: a row a value, from `since` until `until`.
create table if not exists $traits $on_cluster (
  name LowCardinality(String),
  -- The customer's or the user's.
  number UInt32,
  since DateTime64(6, 'UTC') codec(Delta, ZSTD(1)),
  -- The end of time for what holds now.
  until DateTime64(6, 'UTC') codec(Delta, ZSTD(1)),
  -- As it is shown, a list's parts behind each other; '' where there was none.
  text String codec(ZSTD(1)),
  -- The list as JSON; '' for all else.
  list String codec(ZSTD(1)),
  parts Array(String) materialized if(list = '', [text], JSONExtract(list, 'Array(String)')) codec(ZSTD(1)),
  -- What is compared by size; NaN where there is nothing to compare.
  figure Float64 codec(ZSTD(1)),
  ver UInt64 codec(Delta, ZSTD(1)),
  is_deleted UInt8
)
engine = $replacing(${path}ver, is_deleted)
order by (name, number, since)
settings allow_experimental_replacing_merge_with_cleanup = 1;

-- name: loads
-- How far the mirror has come: the newest load. Written after its rows, so what is here is in the mirror.
create table if not exists $loads $on_cluster (
  only_one UInt8 default 0,
  batch UInt64,
  -- PostgreSQL's snapshot up to which everything is there, its clock at that moment, and the database's epoch.
  snapshot String,
  at DateTime64(6, 'UTC'),
  epoch String
)
engine = $replacing(${path}batch)
order by only_one;

-- name: activity
-- A rollup: who did anything at all in which quarter of an hour. Every time zone's days begin on one (since 2000).
create table if not exists $activity $on_cluster (
  customer UInt32,
  user UInt32,
  quarter DateTime('UTC') codec(Delta, ZSTD(1)),
  events UInt32 codec(ZSTD(1))
)
engine = $merge_tree
partition by toYYYYMM(quarter)
order by (customer, quarter, user);

-- name: rollups
-- Which months of the rollup are there, and as of which load.
create table if not exists $rollups $on_cluster (
  month UInt32,
  batch UInt64
)
engine = $replacing(${path}batch)
order by month;
