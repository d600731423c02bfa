"""Looks at the first bytes of a model file for a pickle, which runs code when it is loaded."""

import re
from pathlib import Path
from zipfile import BadZipFile, ZipFile, is_zipfile

from distilproof.errors import UnsafeModelError, UsageError

PICKLE_NAMES = frozenset(
    {".ckpt", ".cloudpickle", ".dill", ".joblib", ".pickle", ".pk", ".pkl", ".pt", ".pth"}
)
"""Endings of files that hold a pickle, or one among other things."""

COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x5d\x00\x00": "lzma",
    b"\x04\x22\x4d\x18": "lz4",
    b"\x28\xb5\x2f\xfd": "zstandard",
    b"ZF": "zlib, as old versions of joblib wrote it",
}
"""First bytes of a compressed file, and with what: joblib writes a compressed pickle so."""

_BINARY = re.compile(rb"\x80[\x02-\x05]")
_OLD = re.compile(rb"[(\]}]?[^\n]{0,3}c[A-Za-z_][\w.]*\n[A-Za-z_][\w.]*\n|[(\]}][lpdt(\]}]")
_OLD_SEQUENCES = (b"(lp", b"(dp", b"]q", b"}q", b"(i")
_ZLIB = frozenset(bytes([window << 4 | 8]) for window in range(1, 8))
_HEAD = 256
_PLAIN_MEMBERS = (".bin", ".json", ".npy", ".npz")
_BOMB_BYTES = 1 << 28
_BOMB_RATIO = 200


def refuse_pickle(path: Path, *, instead: str) -> None:
    """Refuse a file that is a pickle by its name or by its content, whatever it is called.

    Only its first bytes are read, and those of the members of a zip; nothing is decompressed
    further or loaded. A pickle whose first bytes are none of the known is not found here: what
    reads a file later must be a reader that cannot run code anyway.

    Parameters
    ----------
    path
        An existing file.
    instead
        What the user can do: the hint of the error.

    Raises
    ------
    UnsafeModelError
        When it is, or may be, a pickle.
    """
    said = _named(path.name) or pickle_in(path)
    if said:
        raise UnsafeModelError(
            f"{path} {said}: loading it could run code that is in it, so it was not opened",
            hint=instead,
        )


def pickle_in(path: Path) -> str | None:
    """Say what pickle a file holds by its first bytes; `None` when none is seen.

    Returns
    -------
    str or None
        A phrase that goes on from the file's name, such as "is a pickle".
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if _is_pickle(head):
        return "is a pickle"
    if how := _compressed(head):
        return f"is compressed ({how}), the way joblib compresses a pickle"
    if head.startswith(b"PK") and is_zipfile(path):
        return _pickle_in_zip(path)
    return None


def refuse_bomb(path: Path) -> None:
    """Refuse a zip that says it unpacks to far more than it is.

    A reader takes no more of a member than its directory says, so that the directory can be
    believed here.

    Parameters
    ----------
    path
        A zip.

    Raises
    ------
    UnsafeModelError
        When its members are together over 256 MiB and over 200 times the file.
    UsageError
        When it cannot be read as a zip.
    """
    try:
        with ZipFile(path) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
    except (BadZipFile, OSError, ValueError) as error:
        raise UsageError(f"{path} is a damaged zip: {error}") from error
    packed = path.stat().st_size
    if unpacked > _BOMB_BYTES and unpacked > _BOMB_RATIO * packed:
        raise UnsafeModelError(
            f"{path} has {packed:,} bytes and would unpack to {unpacked:,}: it was not unpacked",
            hint="If it is yours, save the model again without compression.",
        )


def _named(name: str) -> str | None:
    endings = {ending.lower() for ending in Path(name).suffixes} & PICKLE_NAMES
    return f"is named as a pickle ({min(endings)})" if endings else None


def _is_pickle(head: bytes) -> bool:
    return bool(_BINARY.match(head) or _OLD.match(head) or head.startswith(_OLD_SEQUENCES))


def _compressed(head: bytes) -> str | None:
    for first, how in COMPRESSED.items():
        if head.startswith(first):
            return how
    # RFC 1950: deflate with a window of 512 bytes to 32 KiB, and a header that 31 divides.
    if head[:1] in _ZLIB and not int.from_bytes(head[:2], "big") % 31:
        return "zlib"
    return None


def _pickle_in_zip(path: Path) -> str | None:
    try:
        with ZipFile(path) as archive:
            for member in archive.infolist():
                if _named(member.filename):
                    return f"is a zip with a pickle in it ({member.filename})"
                if member.is_dir() or member.filename.lower().endswith(_PLAIN_MEMBERS):
                    continue
                with archive.open(member) as file:
                    if _is_pickle(file.read(_HEAD)):
                        return f"is a zip with a pickle in it ({member.filename})"
    except (BadZipFile, OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{path} is a damaged or encrypted zip: {error}") from error
    return None
