"""Who is asking (keys, tokens, members, sessions), and what a request works with once that is known."""
