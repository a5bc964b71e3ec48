"""A backup of the data folder, taken beside a running server, and its way back.

A backup is a folder: `postgres/` (a base backup with the WAL that makes it consistent, and a manifest of checksums),
the folder's secret, the plan, and `backup.json`, which is written last. What is being written has another name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from milepost.errors import EmbeddedPostgresError
from milepost.store.backup_manifest import damaged_files
from milepost.store.embedded_cluster import BIN, VERSION, Cluster, child_environ, locate
from milepost.store.embedded_lock import OwnerLock

PLAN_NAME = "milepost.toml"
_SECRET_NAME = "token.secret"  # noqa: S105 -- the name of its file (access/secrets.py)
_RECORD_NAME = "backup.json"
_POSTGRES = "postgres"
#: Where a restore puts things together; what an interrupted one left there is nobody's.
_RESTORING = "restoring"
#: What may lie in a folder that counts as empty.
_NOTHING = frozenset({"lock", "lost+found", _RESTORING})


class BackupError(EmbeddedPostgresError):
    """The backup could not be made, or not be restored."""

    code = "backup"


class Backup(msgspec.Struct, kw_only=True):
    """What `backup.json` says. `size` is in bytes; `files` are those beside the database."""

    made_at: datetime
    milepost: str
    postgresql: int
    size: int
    files: list[str]


def back_up(dsn: str, data_dir: Path, destination: Path, *, plan: Path | None, milepost: str, now: datetime) -> Backup:
    """Writes the backup `destination`, with everything that was committed before, while others go on writing.

    `dsn` is of the data folder's own database, `milepost` this release's version. Raises BackupError where the place is
    taken, PostgreSQL cannot give a backup or the disk cannot take it; then nothing is left behind.
    """
    destination = destination.expanduser().absolute()
    with _told(f"{destination} cannot be written"):
        _need_free_place(destination, data_dir)
        return _write_backup(dsn, data_dir.expanduser(), destination, plan, milepost, now)


def restore(backup: Path, data_dir: Path) -> Backup:
    """Puts a backup into an empty data folder, which is made where it is missing.

    Raises BackupError where `backup` is none, is damaged or of another PostgreSQL, and where the folder is not empty or
    the disk has no room; then it is as it was. An interrupted restore is simply begun again.
    """
    backup = backup.expanduser().absolute()
    record = read_backup(backup)
    folder = data_dir.expanduser().absolute()
    if there := _in_the_way(folder):
        raise BackupError(
            f"{folder} is not empty: it has {', '.join(there[:4])}{' and more' if len(there) > 4 else ''}. Restore into"
            " a new folder (--data-dir), or stop what runs there and move it away first."
        )
    cluster = locate(folder)
    with _told(f"{backup} cannot be restored into {folder}"), _owned(cluster):
        restoring = cluster.data_dir / _RESTORING
        shutil.rmtree(restoring, ignore_errors=True)
        free = shutil.disk_usage(cluster.data_dir).free
        if free < record.size:
            raise BackupError(
                f"{folder} has room for {free / 1e6:,.0f} MB; the backup has {record.size / 1e6:,.0f} MB. Make room, or"
                " choose another --data-dir."
            )
        try:
            restoring.mkdir(mode=0o700)
            _copy_cluster(backup / _POSTGRES, restoring / _POSTGRES, cluster)
            for name in record.files:
                _write(restoring / name, (backup / name).read_bytes())
            # The database last: until it is there, every command says that the folder holds none.
            for name in (*record.files, _POSTGRES):
                (restoring / name).rename(cluster.data_dir / name)
            _sync(cluster.data_dir)
        finally:
            shutil.rmtree(restoring, ignore_errors=True)
    return record


def _need_free_place(destination: Path, data_dir: Path) -> None:
    if destination.resolve().is_relative_to(data_dir.expanduser().resolve()):
        raise BackupError(f"{destination} is in the data folder, and would be lost with it. Choose a place elsewhere.")
    if destination.exists() and not (destination.is_dir() and not any(destination.iterdir())):
        raise BackupError(f"{destination} is already there. Each backup is a new folder: choose another name.")


def _write_backup(
    dsn: str, data_dir: Path, destination: Path, plan: Path | None, milepost: str, now: datetime
) -> Backup:
    destination.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(prefix=f"{destination.name}.unfinished-", dir=destination.parent))
    try:
        _base_backup(dsn, half / _POSTGRES)
        secret = data_dir / _SECRET_NAME
        files = [(secret, _SECRET_NAME)] if secret.is_file() else []
        if plan is not None:
            files.append((plan, PLAN_NAME))
        for source, name in files:
            _write(half / name, source.read_bytes())
        size = sum(path.lstat().st_size for path in half.rglob("*") if path.is_file())
        record = Backup(
            made_at=now, milepost=milepost, postgresql=VERSION, size=size, files=[name for _, name in files]
        )
        _write(half / _RECORD_NAME, msgspec.json.format(msgspec.json.encode(record)) + b"\n")
        _sync(half)
        half.rename(destination)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    _sync(destination.parent)
    return record


def _in_the_way(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    there = set(os.listdir(folder)) - _NOTHING
    if (folder / _RESTORING).exists():  # an interrupted restore may have come this far
        there -= {_SECRET_NAME, PLAN_NAME}
    return sorted(there)


def read_backup(backup: Path) -> Backup:
    """Raises BackupError where this is no whole backup that can be restored here."""
    try:
        record = msgspec.json.decode((backup / _RECORD_NAME).read_bytes(), type=Backup)
    except (FileNotFoundError, NotADirectoryError):
        raise BackupError(
            f"{backup} is no backup: it has no {_RECORD_NAME}, which a finished one has. Name the folder that"
            " `milepost backup` wrote."
        ) from None
    except (OSError, msgspec.DecodeError) as error:
        raise BackupError(f"{backup / _RECORD_NAME} cannot be read: {error}. Use another backup.") from error
    if set(record.files) - {_SECRET_NAME, PLAN_NAME}:
        raise BackupError(f"{backup / _RECORD_NAME} names files that no backup has. Use another backup.")
    if record.postgresql != VERSION:
        raise BackupError(
            f"{backup} is of PostgreSQL {record.postgresql}; this Milepost comes with {VERSION}. Restore it with"
            f" Milepost {record.milepost}, and take the data over as docs/backup.md says."
        )
    return record


def _base_backup(dsn: str, folder: Path) -> None:
    """`--checkpoint=fast`: it begins at once, rather than with the next checkpoint, up to 15 minutes later."""
    done = subprocess.run(  # noqa: S603 -- a program of ours, no shell
        [
            str(BIN / "pg_basebackup"),
            f"--dbname={dsn}",
            f"--pgdata={folder}",
            "--wal-method=stream",
            "--checkpoint=fast",
            "--manifest-checksums=SHA256",
        ],
        cwd="/",
        env=child_environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        last = "\n".join(done.stdout.splitlines()[-5:])
        raise BackupError(f"pg_basebackup failed with code {done.returncode}, and nothing was kept:\n{last}")


def _copy_cluster(source: Path, folder: Path, cluster: Cluster) -> None:
    """Copies and proves the copy. PostgreSQL insists on files that are closed to everybody else."""
    shutil.copytree(source, folder)
    try:
        damaged = damaged_files(folder)
    except (FileNotFoundError, msgspec.DecodeError, ValueError) as error:
        raise BackupError(f"The backup is not whole: {error}. Use another one.") from error
    if damaged:
        raise BackupError(f"The backup is damaged: {', '.join(damaged[:4])}. Use another one.")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
        os.chown(path, cluster.uid, cluster.gid)


def _write(path: Path, data: bytes) -> None:
    """Closed to everybody else, and on disk when this returns."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    """Brings the names in a folder to disk; some file systems cannot."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turns what the disk or the file system says into a BackupError."""
    try:
        yield
    except shutil.Error as error:  # of a folder that was copied: a line for every file
        raise BackupError(f"{what}: {error.args[0][0][2]}.") from error
    except OSError as error:
        raise BackupError(f"{what}: {error}.") from error


@contextmanager
def _owned(cluster: Cluster) -> Iterator[None]:
    lock = OwnerLock(cluster.data_dir)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()
