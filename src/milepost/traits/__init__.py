"""Traits: what is known of customers and of the people in them, and what it was on a day before."""
