-- Links by which somebody who is not of the team reads one dashboard.

-- What is kept of a link's token is its hash. Who made it stays, as a text, when the member has gone.
create table milepost.shared_links (
  link_id uuid primary key default milepost.uuid7(),
  dashboard_id uuid not null references milepost.dashboards (dashboard_id) on delete cascade,
  token_hash bytea not null unique,
  with_names boolean not null default false,
  created_at timestamptz not null,
  created_by text,
  -- From then on it leads nowhere; null: until it is revoked.
  ends_at timestamptz,
  last_opened_at timestamptz
);
create index idx_shared_links_dashboard on milepost.shared_links (dashboard_id, created_at desc, link_id desc);

call milepost.protect('milepost.shared_links');

-- The days, the comparison and the segment of all its cards, as an address says them; '': each its own.
alter table milepost.dashboards add column frame text not null default '' check (length(frame) <= 4000);

-- How wide a card is, in sixths of the page: 1 was half of it, 2 all of it. (No word: it might be a customer's id, which
-- erasing takes out of layouts.)
update milepost.dashboards set layout = (
  select coalesce(jsonb_agg(
    card || jsonb_build_object('width', case card ->> 'width' when '2' then 6 else 3 end) order by place
  ), '[]')
  from jsonb_array_elements(layout) with ordinality as cards (card, place)
);
