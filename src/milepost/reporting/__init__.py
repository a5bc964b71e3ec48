"""SQL for analysts: statements of the team's own over the schema `reporting`, and nothing else."""
