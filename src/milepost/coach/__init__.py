"""The coach: what each customer should do next, why, and whether recommending it helps. docs/coach.md has the rules."""
