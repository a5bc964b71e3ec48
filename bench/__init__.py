"""Measures Milepost beside a limit: `make bench`."""
