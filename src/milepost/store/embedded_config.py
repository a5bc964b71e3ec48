"""The configuration of the embedded PostgreSQL, written anew at each start from what the machine has."""

from __future__ import annotations

from pathlib import Path

import psutil

_MB = 1024 * 1024
_GB = 1024 * _MB

#: The role the server connects as: owns its database, is no superuser, as on a hosted PostgreSQL.
APP_ROLE = "milepost"
APP_DATABASE = "milepost"
ADMIN_ROLE = "postgres"
#: The role that analysts' statements run as.
SQL_ROLE = "milepost_sql"
PORT = 5432  # names the socket file alone: no TCP port is opened

CONFIG_FILE = "milepost.conf"
HBA_FILE = "milepost_hba.conf"
IDENT_FILE = "milepost_ident.conf"


def quote(value: str) -> str:
    """`value` as a quoted string of postgresql.conf."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def server_config(pgdata: Path, socket_dir: Path, memory: int | None = None) -> str:
    """The text of the settings file. `memory` is the machine's memory in bytes, measured when not given."""
    total = memory or memory_limit()
    shared = max(64 * _MB, min(4 * _GB, total // 4))
    entries: list[tuple[str, str, str]] = [
        ("listen_addresses", "''", "no TCP at all: only processes of this machine, through the socket"),
        ("unix_socket_directories", quote(str(socket_dir)), "a folder nobody else can enter"),
        ("unix_socket_permissions", "0700", "the socket itself is closed to others, too"),
        ("hba_file", quote(str(pgdata / HBA_FILE)), "who may connect is written by Milepost at each start"),
        ("ident_file", quote(str(pgdata / IDENT_FILE)), "which system users may connect, likewise"),
        ("max_connections", "60", "pool, writers, jobs and some people with psql; each costs memory"),
        ("superuser_reserved_connections", "3", "a full house never locks the administrator out"),
        ("shared_buffers", _mb(shared), "a quarter of memory, 4 GB at most, as the file cache does the rest"),
        ("effective_cache_size", _mb(total // 2), "what the planner may expect to find cached"),
        ("work_mem", _mb(max(4 * _MB, min(32 * _MB, total // 512))), "dashboards sort and hash; 60 of them must fit"),
        ("maintenance_work_mem", _mb(max(64 * _MB, min(512 * _MB, total // 16))), "faster vacuum and index builds"),
        ("random_page_cost", "1.1", "disks are solid-state: an index read costs hardly more than a scan"),
        ("effective_io_concurrency", "32", "solid-state disks answer many reads at once"),
        ("io_method", "worker", "asynchronous reads that work on every kernel"),
        ("fsync", "on", "nothing acknowledged is ever lost"),
        ("synchronous_commit", "on", "an answer of 200 means that the commit is on disk"),
        ("full_page_writes", "on", "a power cut in the middle of a page write loses nothing"),
        ("wal_compression", "pglz", "full-page images are most of the WAL; this build has no lz4"),
        ("max_wal_size", "4GB", "checkpoints come by time, not in the middle of an import"),
        ("min_wal_size", "256MB", "recycled files rather than new ones"),
        ("checkpoint_timeout", "15min", "fewer full-page images"),
        ("checkpoint_completion_target", "0.9", "a checkpoint's writes are spread out"),
        ("wal_level", "replica", "base backups and archiving stay possible"),
        ("max_wal_senders", "3", "pg_basebackup and no replicas"),
        ("jit", "off", "compiling costs more than it saves on queries of this size"),
        ("max_parallel_workers_per_gather", "2", "one question may not take every core from ingest"),
        ("autovacuum_naptime", "20s", "insight rows are updated with each batch"),
        ("autovacuum_vacuum_scale_factor", "0.05", "clean up after 5 % of a table has changed, not 20 %"),
        ("autovacuum_analyze_scale_factor", "0.02", "the planner's figures keep up with growth"),
        ("autovacuum_vacuum_insert_scale_factor", "0.05", "append-only partitions get their visibility map early"),
        ("autovacuum_vacuum_cost_limit", "1000", "solid-state disks bear a faster vacuum"),
        ("idle_in_transaction_session_timeout", "5min", "a forgotten transaction must not hold vacuum back"),
        ("createrole_self_grant", "'set, inherit'", "migrations run as a plain owner may use the roles they make"),
        ("log_min_duration_statement", "1s", "slow statements show up in postgres.log"),
        ("log_parameter_max_length", "0", "parameters are what people sent: never in a log"),
        ("log_parameter_max_length_on_error", "0", "nor with an error"),
        ("log_error_verbosity", "terse", "details quote the row that was refused"),
        ("log_lock_waits", "on", "so do waits for locks"),
        ("log_checkpoints", "off", "one line every 15 minutes says nothing to the reader"),
        ("log_startup_progress_interval", "5s", "a long recovery says how far it is"),
        ("log_line_prefix", "'%m [%p] %q%u %a '", "when, which process, who"),
        ("log_timezone", "'UTC'", "one clock in all logs"),
        ("timezone", "'UTC'", "one clock in all data"),
        ("update_process_title", "off", "saves two system calls per statement"),
        ("cluster_name", "'milepost'", "processes can be told from another PostgreSQL's"),
    ]
    lines = ["# Written by Milepost at each start. Put your own settings into postgresql.conf, below the include."]
    lines += [f"{name} = {value}  # {why}" for name, value, why in entries]
    return "\n".join(lines) + "\n"


def hba_config() -> str:
    """Who may connect: the kernel itself says which system user is at the socket's other end."""
    return (
        "# Written by Milepost at each start.\n"
        "local all         all peer map=milepost\n"
        "local replication all peer map=milepost\n"
    )


def ident_config(system_users: list[str]) -> str:
    """Which system users may connect as the roles of the database."""
    lines = ["# Written by Milepost at each start."]
    for user in system_users:
        name = '"' + user.replace('"', '""') + '"'
        lines += [f"milepost {name} {role}" for role in (ADMIN_ROLE, APP_ROLE, SQL_ROLE)]
    return "\n".join(lines) + "\n"


def memory_limit() -> int:
    """Bytes of memory this process may use: the machine's, or its control group's where that is less."""
    total = int(psutil.virtual_memory().total)
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():
            total = min(total, int(text))
    return total


def _mb(size: int) -> str:
    return f"{size // _MB}MB"
