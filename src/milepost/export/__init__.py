"""Export: what PostgreSQL holds, as files that other tools read. What there is: data_sets.py; docs/export.md."""
