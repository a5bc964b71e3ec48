"""Stops `make` early, in words, where Python is too old."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 -- an older Python is what this is for
    sys.exit(f"Milepost needs Python 3.11 or newer; this is {sys.version.split()[0]}. Try: make PYTHON=python3.12 ...")
