"""Annotations on the pages: where charts draw them, and where they are written."""
