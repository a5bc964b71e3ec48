"""Packs the shop's clickstream for the tests: python scripts/pack_test_data.py EVENTS_CSV

Written to tests/data/onlineshop/events.csv.gz (docs and terms: ATTRIBUTION.md beside it); the same input gives the
same bytes. The Open University's data needs no file of its own: the demo ships every row (scripts/make_demo_data.py).
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

TARGET = Path(__file__).parents[1] / "tests" / "data" / "onlineshop" / "events.csv.gz"


def main(source: Path) -> None:
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(gzip.compress(source.read_bytes(), 9, mtime=0))
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
