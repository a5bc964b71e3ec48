"""The overview, and what stands in its place before the first event."""
