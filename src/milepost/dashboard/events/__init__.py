"""The page of the names of events: what was sent, and what it means."""
