"""The JSON API: the way in, the way out, questions, and errors in one form."""
