"""Serves the small application as `milepost serve` serves the real one: `python serve_tiny.py [FACTORY]`."""

import sys

from milepost.serve import run_server
from milepost.settings import load_settings

if __name__ == "__main__":
    factory = sys.argv[1] if len(sys.argv) > 1 else "create_app"
    raise SystemExit(run_server(load_settings(), target=f"tiny_app:{factory}"))
