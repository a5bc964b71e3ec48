-- Traits: what is known of customers and of people, now and on any day before.

create domain milepost.trait_kind as text check (value in ('customer', 'person'));

-- One row for each value a trait has had, from `since` until the next row's `since`; it holds now where `until` is null.
-- What was told late takes its place by the time it was told of. JSON null says that there is no value from then on.
create table milepost.traits (
  kind milepost.trait_kind not null,
  id milepost.label not null,
  name milepost.label not null,
  since timestamptz not null,
  until timestamptz,
  -- A text, a number, a boolean, or a list of texts.
  value jsonb not null,
  -- The value to compare by size: a number, a date as its seconds since 1970; null for all else.
  figure double precision,
  -- Its first 100 characters as text, for an index that lists are filtered and sorted by: a whole value may be too long.
  word text generated always as (left(value #>> '{}', 100)) stored,
  -- Who told: event, api, import, or a member's address.
  source text not null,
  -- When the value was last told, to a day: what is told late of before that holds until then.
  told_at timestamptz not null,
  -- In which transaction the row changed, for the column store to follow.
  xid xid8 not null default pg_current_xact_id(),
  primary key (kind, id, name, since)
);

-- A row of milepost.news_of: a value to keep, or (`again`) one that stands and was told once more.
create type milepost.trait_news as (
  kind text, id text, name text, since timestamptz, value jsonb, figure double precision, source text, again boolean,
  -- Of the row that it follows: when it began, and when it was told last, where that was later.
  behind timestamptz, returns_at timestamptz);

-- A list of customers filtered and sorted by a trait: of each customer's many traits it reads the one.
create index idx_traits_now on milepost.traits (kind, name, id) include (word, figure) where until is null;
create index idx_traits_xid on milepost.traits (xid);

-- Every trait that was ever told, and what the team says of it beyond the plan.
create table milepost.trait_names (
  kind milepost.trait_kind not null,
  name milepost.label not null,
  -- Of which types its values were: text, number, boolean, date, list.
  seen text[] not null default '{}',
  first_seen_at timestamptz not null default now(),
  label milepost.label,
  type text check (type in ('text', 'number', 'boolean', 'date', 'list')),
  hidden boolean not null default false,
  primary key (kind, name)
);

-- Numbers whose traits were erased, for the column store to erase them too.
create table milepost.traits_gone (
  number integer not null,
  xid xid8 not null default pg_current_xact_id(),
  at timestamptz not null default clock_timestamp()
);
create index idx_traits_gone_xid on milepost.traits_gone (xid);

call milepost.protect('milepost.traits');
call milepost.protect('milepost.trait_names');
call milepost.protect('milepost.traits_gone');

-- What was kept as one object. A user's name stands among the traits, as a customer's does; the column of customers is
-- what lists are searched and sorted by.
insert into milepost.traits (kind, id, name, since, told_at, value, source)
select 'customer', c.customer_id, t.key, c.updated_at, c.updated_at, t.value, 'event'
from milepost.customers c cross join lateral jsonb_each(c.traits) as t
where length(t.key) between 1 and 200 and jsonb_typeof(t.value) in ('string', 'number', 'boolean')
  and length(t.value #>> '{}') <= 500
union all
select 'person', u.user_id, t.key, u.updated_at, u.updated_at, t.value, 'event'
from milepost.users u cross join lateral jsonb_each(u.traits) as t
where length(t.key) between 1 and 200 and jsonb_typeof(t.value) in ('string', 'number', 'boolean')
  and length(t.value #>> '{}') <= 500;
update milepost.traits set figure = (value #>> '{}')::double precision where jsonb_typeof(value) = 'number';
insert into milepost.trait_names (kind, name, seen)
select kind, name, array_agg(distinct replace(jsonb_typeof(value), 'string', 'text')) from milepost.traits group by 1, 2;
alter table milepost.customers drop column traits;
alter table milepost.users drop column traits;
