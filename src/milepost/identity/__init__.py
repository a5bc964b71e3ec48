"""Who is who: ties between ids, and the stored events that follow them (docs/decisions/0010)."""
