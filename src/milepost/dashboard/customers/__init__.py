"""Customers: the list, and one customer's page with its timeline."""
