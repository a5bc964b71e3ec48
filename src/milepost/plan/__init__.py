"""The tracking plan: what `milepost.toml` says, read, checked, and told by line where it is wrong."""

from milepost.plan.load import line_of, load_plan, parse_plan, read_otherwise
from milepost.plan.model import Plan, SegmentEvents, Tool

__all__ = ["Plan", "SegmentEvents", "Tool", "line_of", "load_plan", "parse_plan", "read_otherwise"]
