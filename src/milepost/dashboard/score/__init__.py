"""The page that says whether the score holds."""
