"""Offline actions on the dashboard: recording them, practice against results, and the same over HTTP."""
