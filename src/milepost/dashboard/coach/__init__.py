"""The coach on the dashboard: the team's queue, playbooks with their lift, and a customer's next steps."""
