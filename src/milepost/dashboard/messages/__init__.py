"""Settings, Messages: where messages go, and what was sent there."""
