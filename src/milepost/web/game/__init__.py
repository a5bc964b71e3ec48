"""The game over HTTP and on the team's pages."""
