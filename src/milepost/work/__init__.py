"""The team's side of an account: notes, tasks and tags. Nothing of it is ever read with a customer's token."""
