-- Whose rows and which rows a scheduled export takes: conditions, as those of an export asked for once. None: all rows.

alter table milepost.export_schedules
  add column filters jsonb not null default '[]' check (jsonb_typeof(filters) = 'array');
