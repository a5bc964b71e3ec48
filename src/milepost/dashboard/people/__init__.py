"""A customer's people, and the page of a person."""
