"""Importing a table of customers or people on a page: what would become of each column, and doing it."""
