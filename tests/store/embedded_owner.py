"""Owns an embedded PostgreSQL until it is killed: `python embedded_owner.py DATA_DIR guardian|kernel`."""

import sys
import threading
from pathlib import Path

from milepost.store.embedded import EmbeddedPostgres

if __name__ == "__main__":
    with EmbeddedPostgres(Path(sys.argv[1]), guardian=sys.argv[2] == "guardian") as postgres:
        print(postgres.pid, flush=True)
        threading.Event().wait()
