"""The pages around the dashboard: the way in and out, and the keys."""
