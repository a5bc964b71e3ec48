"""Home, and what stands in its place before the first event."""
