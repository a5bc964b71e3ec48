"""Offline actions on the dashboard: recording them, and practice against results."""
