"""Where files go: a folder, or a bucket that speaks S3. A file is there under its name only when it is whole.

Of a bucket the usual variables of AWS' own tools are read: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, and
AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL for a bucket that is not Amazon's.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from milepost.errors import Problem

_BUCKET: Final = "s3://"
#: What readers of folders pass over.
_PART: Final = "_part-"


class PlaceUnavailable(Problem):
    """The folder or bucket cannot be written to."""

    status = 503
    code = "export_place_unavailable"


class Written:
    """A file being written: how much so far, and its digest."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()
        self.bytes = 0
        self.closed = False

    def write(self, data: Any, /) -> int:
        view = memoryview(data).cast("B")
        self._digest.update(view)
        self._stream.write(view)
        self.bytes += len(view)
        return len(view)

    def tell(self) -> int:
        return self.bytes

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """The place closes what it opened."""

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


class Place:
    """A folder (`DIR`) or `s3://bucket/prefix`; names within it have `/` between their parts."""

    def __init__(self, address: str) -> None:
        """Raises PlaceUnavailable."""
        from pyarrow import fs

        self.address = address.rstrip("/") or "/"
        self._local = not address.startswith(_BUCKET)
        if self._local:
            self._root = str(Path(address).expanduser().absolute())
            self._files: Any = fs.LocalFileSystem()
        else:
            self._root = self.address.removeprefix(_BUCKET)
            if not self._root.partition("/")[0]:
                raise PlaceUnavailable(f"{address} names no bucket. Give s3://BUCKET or s3://BUCKET/PREFIX.")
            self._files = _bucket()

    @contextmanager
    def writing(self, name: str) -> Iterator[Written]:
        """A file that is there when the block ends, in place of one that was; when it fails, it is not."""
        path = f"{self._root}/{name}"
        folder, _, base = path.rpartition("/")
        # A bucket shows an upload when its last part is there; a folder has to be shown a name.
        at = f"{folder}/{_PART}{base}" if self._local else path
        with self._told(name):
            if self._local:
                self._files.create_dir(folder, recursive=True)
            stream = self._files.open_output_stream(at)
            try:
                yield Written(stream)
                stream.flush()
                stream.close()
                if self._local:
                    _sync(at)
                    self._files.move(at, path)
            except BaseException:
                stream.close()
                self._files.delete_file(at)
                raise

    def read(self, name: str) -> bytes | None:
        """None where there is none."""
        with self._told(name):
            try:
                with self._files.open_input_stream(f"{self._root}/{name}") as stream:
                    return bytes(stream.read())
            except FileNotFoundError:
                return None

    def names(self, folder: str) -> list[str]:
        """All files below a folder, in order, those half-written too."""
        from pyarrow import fs

        root = f"{self._root}/{folder}"
        with self._told(folder):
            found = self._files.get_file_info(fs.FileSelector(root, recursive=True, allow_not_found=True))
        return sorted(f"{folder}/{one.path[len(root) + 1 :]}" for one in found if one.type == fs.FileType.File)

    def delete(self, name: str) -> None:
        with self._told(name):
            self._files.delete_file(f"{self._root}/{name}")

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            said = str(error).strip().splitlines()[0]
            raise PlaceUnavailable(f"{self.address}/{name}: {said}") from error


def _bucket() -> Any:
    from pyarrow import fs

    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
    scheme, _, host = endpoint.rpartition("://")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return fs.S3FileSystem(
        endpoint_override=host or None,
        scheme=scheme or "https",
        region=region or ("us-east-1" if host else None),
        connect_timeout=10,
        request_timeout=60,
    )


def _sync(path: str) -> None:
    """Its bytes are on the disk before its name is: a power cut leaves no name with half of them."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
