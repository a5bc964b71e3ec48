"""Settings: who one is, the team, appearance, the data, the server."""
