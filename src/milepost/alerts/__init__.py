"""Alerts: what the team wants to be told of, what is so just now, and when it is told (docs/alerts.md)."""
