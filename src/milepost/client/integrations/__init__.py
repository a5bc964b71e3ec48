"""Middleware that tracks requests as `navigation`, when asked. Import the module you need; nothing else is loaded."""
