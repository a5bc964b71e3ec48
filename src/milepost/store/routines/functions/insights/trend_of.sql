-- Whether `recent` active days in 28 are fewer or more than `earlier` in `before` days, by more than chance makes of it:
-- how likely so few, or so many, of them would fall into the last 28 days, were all days shuffled (hypergeometric). Either
-- has a chance of 2.5 % at most, so that 95 % of shuffled histories are stable.
create or replace function milepost.trend_of(recent integer, earlier integer, before integer) returns text
language plpgsql immutable parallel safe as $$
declare
  active constant integer := recent + earlier;
  quiet constant integer := before + 28 - active;
  -- The fewest there can be, and how likely they are.
  at integer := greatest(0, 28 - quiet);
  chance double precision := 1;
  fewer double precision := 0;
begin
  if active = 0 then
    return null;
  end if;
  for place in 0 .. case when at = 0 then 27 else quiet - 1 end loop
    chance := chance * (case when at = 0 then quiet else 28 end - place) / (before + 28 - place);
  end loop;
  loop
    if at = recent and 1 - fewer <= 0.025 then
      return 'improving';
    end if;
    fewer := fewer + chance;
    exit when at = recent;
    chance := chance * (active - at) * (28 - at) / ((at + 1)::double precision * (quiet - 28 + at + 1));
    at := at + 1;
  end loop;
  return case when fewer <= 0.025 then 'declining' else 'stable' end;
end $$;
