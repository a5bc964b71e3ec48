"""The dashboard: pages for the team, their templates and files, and the way to sign in."""
