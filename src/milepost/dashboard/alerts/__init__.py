"""Actions, Alerts: what is so just now, what is watched, and who is told."""
