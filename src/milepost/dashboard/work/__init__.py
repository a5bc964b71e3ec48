"""The team's side of an account in pages: notes, tasks and tags on the customer's page, and everybody's tasks."""
