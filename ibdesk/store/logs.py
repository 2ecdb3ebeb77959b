"""The log files: where they are, how big they get, and that nothing secret reaches them."""

import logging
import os
from io import BufferedWriter, FileIO, TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from ibdesk.store.files import FILE_MODE, disk_errors, make_folder
from ibdesk.store.redaction import redacted

FILES = 5
FILE_BYTES = 2 * 1024 * 1024


class RedactingFormatter(logging.Formatter):
    """Hides secrets in the finished text of a record, whoever logged it: arguments and tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))


class _PrivateFile(RotatingFileHandler):
    """A rotating file that only this user can read, from its first byte."""

    def _open(self) -> TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE_MODE)
        return TextIOWrapper(BufferedWriter(FileIO(handle, "ab")), encoding="utf-8", line_buffering=True)


def open_log(folder: Path, level: int = logging.INFO) -> logging.Handler:
    """Log to `folder`/logs/ibdesk.log from now on; hand the handler to `close_log` at the end."""
    with disk_errors(folder):
        make_folder(folder / "logs")
        handler = _PrivateFile(
            folder / "logs" / "ibdesk.log", maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8"
        )
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(level)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells every opening that there was nothing to do
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(min(root.level or level, level))
    return handler


def close_log(handler: logging.Handler) -> None:
    """Stop logging to the file and let go of it."""
    logging.getLogger().removeHandler(handler)
    handler.close()


def tail(path: Path, lines: int, within: int = 1024 * 1024) -> tuple[str, ...]:
    """The last lines of a file, oldest first, from its last megabyte; nothing of a file that cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - within))
            text = file.read(within).decode("utf-8", "replace")
    except OSError:
        return ()
    return tuple(text.splitlines()[-lines:]) if lines > 0 else ()
