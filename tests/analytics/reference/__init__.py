"""docs/questions.md once more, in plain Python over a list of events: clear, slow, and written without the SQL."""
