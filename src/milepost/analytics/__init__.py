"""Questions over all events, answered by the column store: one file each, a typed request and a typed result."""
