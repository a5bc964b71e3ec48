"""The command bar's search: customers, people and what the team saved, by a part of their name."""
