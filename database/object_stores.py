"""Pictures outside the database: a folder or an object store, reached by its URL through fsspec.

A picture's address is the SHA-256 of its bytes (`ab/abcdef….png`), so an object is written once,
never changed, and checked whenever it is read.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import fsspec
from fsspec.implementations.local import LocalFileSystem

from foundation.errors import ConfigError, DatabaseError, DatabaseUnavailableError
from foundation.files import write_file
from foundation.partials import PARTIAL_SUFFIX, remove_leftovers

LONGEST_URL = 255

_ADDRESS = re.compile(r"([0-9a-f]{2})/(\1[0-9a-f]{62})\.(png|tiff)")
_WHOLE_OBJECT_PROTOCOLS = frozenset({"abfs", "adl", "az", "gcs", "gs", "memory", "oci", "oss", "s3", "s3a"})
"""Where an object appears whole or not at all; elsewhere it is written aside and renamed."""


def address_of(content: bytes, encoding: str) -> str:
    """Return where a picture lies below the URL of its store.

    Args:
        content: a PNG or a TIFF.
        encoding: `png` or `tiff`.

    Example:
        >>> address_of(b"", "png")
        'e3/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.png'
    """
    digest = hashlib.sha256(content).hexdigest()
    return f"{digest[:2]}/{digest}.{encoding}"


def is_at_its_address(content: bytes, address: str) -> bool:
    """Tell whether bytes are those that their address names."""
    return hashlib.sha256(content).hexdigest() == PurePosixPath(address).stem


def check_store_url(text: str) -> str:
    """Return the URL of a store as it is recorded; a plain path is a folder of this machine.

    Raises:
        ConfigError: it cannot be one, or holds a password.

    Example:
        >>> check_store_url("file:///data/pixels/")
        'file:///data/pixels'
    """
    url = text if "://" in text else Path(text).expanduser().absolute().as_uri()
    parts = urlsplit(url)
    if parts.password is not None or parts.username is not None:
        raise ConfigError(
            "The URL of a pixel store is recorded in the database, so no user or password may stand in it. "
            "Give them the way that the store's fsspec package reads them (environment or its own file)."
        )
    if parts.scheme == "file" and (parts.netloc or not parts.path.strip("/")):
        raise ConfigError(f"A folder's URL has three slashes: file:///data/pixels. Received: {text}.")
    stripped = url.rstrip("/")
    if len(stripped) > LONGEST_URL:
        raise ConfigError(f"The URL of a pixel store has at most {LONGEST_URL} characters.")
    return stripped


@cache
def open_object_store(url: str) -> ObjectStore:
    """Return this process's store at a URL; nothing is made or reached yet.

    Raises:
        ConfigError: no such kind of store is known, or its package is not installed.
    """
    return ObjectStore(url)


class ObjectStore:
    """One folder or object store.

    Args:
        url: from `check_store_url`.

    Raises:
        ConfigError: no such kind of store is known, or its package is not installed.

    Example:
        >>> store = ObjectStore("memory://example")
        >>> address = address_of(b"picture", "png")
        >>> store.put(address, b"picture"), store.put(address, b"picture")
        (True, False)
        >>> store.read([address])[address]
        b'picture'
    """

    def __init__(self, url: str) -> None:
        self.url = url
        protocol = url.partition("://")[0].rpartition("::")[2]
        try:
            # Listings are not kept: others write to the store, too.
            self._system, self._root = fsspec.core.url_to_fs(url, use_listings_cache=False)
        except ImportError as error:
            raise ConfigError(
                f'The pixel store {url} needs a Python package for "{protocol}" that is not installed. '
                f"Install it beside dicomill. Its own word: {error}."
            ) from error
        except ValueError as error:
            raise ConfigError(
                f'The pixel store {url} is of a kind that fsspec does not know: "{protocol}". '
                "Expected a URL such as file:///data/pixels or s3://bucket/pixels."
            ) from error
        self._is_folder = isinstance(self._system, LocalFileSystem)
        self._writes_whole = protocol in _WHOLE_OBJECT_PROTOCOLS

    def prepare(self) -> None:
        """Make the folder of a store, open to its owner alone; an object store needs none.

        Raises:
            DatabaseError: it cannot be made.
        """
        if self._is_folder:
            with self._own_errors("made"):
                Path(self._root).mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, address: str, content: bytes) -> bool:
        """Store a picture under its address; one that is there in full length is left alone.

        Returns:
            Whether it was written.

        Raises:
            DatabaseError: the store does not take it.
        """
        with self._own_errors("written to"):
            if self._size(address) == len(content):
                return False
            place = self._place(address)
            if self._is_folder:
                Path(place).parent.mkdir(parents=True, exist_ok=True)
                write_file(Path(place), content)
            elif self._writes_whole:
                self._system.pipe_file(place, content)
            else:
                self._write_aside(place, content)
        return True

    def read(self, addresses: Iterable[str]) -> dict[str, bytes]:
        """Return the objects that are there, unchecked; those that are missing are left out.

        Raises:
            DatabaseUnavailableError: the store itself cannot be reached.
            DatabaseError: an object cannot be read.
        """
        places = {self._place(address): address for address in addresses}
        if not places:
            return {}
        with self._own_errors("read"):
            found = self._system.cat(list(places), on_error="return")
            contents = {}
            for place, content in found.items():
                if isinstance(content, FileNotFoundError):
                    self._check_root()
                elif isinstance(content, BaseException):
                    raise content
                else:
                    contents[places[place]] = content
        return contents

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield address and size in bytes of every picture in one of the store's 256 folders.

        Args:
            prefix: the folder, two hexadecimal digits.

        Raises:
            DatabaseError: the store cannot be listed.
        """
        with self._own_errors("listed"):
            listed = self._listing(prefix)
        for entry in listed:
            address = f"{prefix}/{PurePosixPath(entry['name']).name}"
            if entry["type"] == "file" and _ADDRESS.fullmatch(address):
                yield address, int(entry["size"])

    def modified(self, address: str) -> datetime:
        """Return when an object was written, in UTC.

        Raises:
            DatabaseError: the store does not tell.
        """
        with self._own_errors("asked for the age of a picture"):
            moment: datetime = self._system.modified(self._place(address))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def remove(self, addresses: Iterable[str]) -> int:
        """Remove objects; return how many there were. One that is gone already is no error.

        Raises:
            DatabaseError: the store does not let them go.
        """
        num_removed = 0
        with self._own_errors("removed from"):
            for address in addresses:
                with suppress(FileNotFoundError):
                    self._system.rm_file(self._place(address))
                    num_removed += 1
        return num_removed

    def sweep(self) -> int:
        """Remove what killed writers left unfinished in a folder; return how many files that were."""
        if not self._is_folder:
            return 0
        num_removed = 0
        for partial in sorted(Path(self._root).glob(f"[0-9a-f][0-9a-f]/.*{PARTIAL_SUFFIX}")):
            name = partial.name.removeprefix(".").removesuffix(PARTIAL_SUFFIX).rpartition(".")[0]
            remove_leftovers(partial.with_name(name))
            num_removed += not partial.exists()
        return num_removed

    def _place(self, address: str) -> str:
        if not _ADDRESS.fullmatch(address):
            raise DatabaseError(f"A picture's address is made of its hash. Received: {address[:80]!r}.")
        return f"{self._root.rstrip('/')}/{address}"

    def _size(self, address: str) -> int | None:
        try:
            return int(self._system.info(self._place(address))["size"])
        except FileNotFoundError:
            return None

    def _listing(self, prefix: str) -> list[dict[str, Any]]:
        try:
            listed: list[dict[str, Any]] = self._system.ls(f"{self._root.rstrip('/')}/{prefix}", detail=True)
        except FileNotFoundError:
            self._check_root()
            return []
        return listed

    def _check_root(self) -> None:
        """Tell a picture that is missing from a folder that is not mounted."""
        if self._is_folder and not Path(self._root).is_dir():
            raise DatabaseUnavailableError(
                f"The pixel store {self.url} is not there: no such folder on this machine. Mount it, or say "
                "where it is now with `dicomill pixels relocate`."
            )

    def _write_aside(self, place: str, content: bytes) -> None:
        folder, _, name = place.rpartition("/")
        self._system.makedirs(folder, exist_ok=True)
        aside = f"{folder}/.{name}.{uuid.uuid4().hex[:8]}{PARTIAL_SUFFIX}"
        self._system.pipe_file(aside, content)
        self._system.mv(aside, place)

    @contextmanager
    def _own_errors(self, done: str) -> Iterator[None]:
        try:
            yield
        except DatabaseError:
            raise
        except Exception as error:  # each fsspec package raises what its own library raises
            word = getattr(error, "strerror", None) or type(error).__name__
            raise DatabaseError(
                f"The pixel store {self.url} cannot be {done}: {word}. Check that it can be reached, that "
                "you may use it and that it has room, then run the command again."
            ) from error
