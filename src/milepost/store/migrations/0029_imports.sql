-- Imports under way: while one is, what is stored may be half of what there is, and game and coach wait (docs/coach.md).
create table milepost.imports (
  import_id uuid primary key,
  what text not null check (length(what) between 1 and 200),
  begun_at timestamptz not null,
  -- By the database's clock. The importer puts it off as it goes on; one that was killed no longer does.
  alive_until timestamptz not null
);
call milepost.protect('milepost.imports');

-- Days that count as what happened next: null until a comparison that was to follow the data's rhythm has found it.
alter table milepost.validations alter column after_days drop not null;
