"""The weekly mail to a member: own accounts, who moved, who needs them, what was done (docs/messages.md)."""
