"""SQL of the team's own as a page: a statement, its answer as a table and a chart, and what is saved."""
