"""Milepost: behaviour intelligence for B2B software. This front door is the SDK's."""

__version__ = "0.1.0"
