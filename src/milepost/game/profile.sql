-- What customers chose about the leaderboard. Loaded by name (profile.py).

-- name: store
-- Puts a choice in place of the one before; nothing for a customer nothing is known of, who might be gone meanwhile.
insert into milepost.game_profiles (customer_id, leaderboard, display_name, updated_at)
select customer_id, %(leaderboard)s, %(display_name)s, %(now)s::timestamptz
from milepost.standing where customer_id = %(customer_id)s for key share
on conflict (customer_id) do update set leaderboard = excluded.leaderboard, display_name = excluded.display_name,
  updated_at = excluded.updated_at
returning customer_id
