"""The game: points, levels, badges, streaks and leaderboards, all derived from the events that are kept."""
