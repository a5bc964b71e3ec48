-- What happened on a day, in the team's words: drawn on every chart of time.
create table milepost.annotations (
  annotation_id uuid primary key default milepost.uuid7(),
  -- A day of the calendar: in whatever zone a chart counts, it stands on the day of this name.
  day date not null,
  text text not null check (length(text) between 1 and 200),
  -- The member's e-mail address, also when the member has gone; null: it came with a secret key.
  author text,
  created_at timestamptz not null default now(),
  updated_at timestamptz
);
create index idx_annotations_day on milepost.annotations (day desc, annotation_id desc);
call milepost.protect('milepost.annotations');
