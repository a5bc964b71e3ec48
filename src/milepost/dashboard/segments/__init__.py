"""Segments on the pages: building one, the list of them, renaming and deleting."""
