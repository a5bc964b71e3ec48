"""Segments: filters of customers under a name, kept as conditions and worked out whenever they are asked for."""
