"""The game on the team's pages."""
