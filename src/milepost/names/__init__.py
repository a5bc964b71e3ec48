"""Names of events: which were sent, and what they mean."""
