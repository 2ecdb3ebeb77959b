"""How SQLCipher is spoken to: one way to key a connection, and what the engine's errors mean."""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from ibdesk.domain.errors import Cause, DeskError, Unavailable
from ibdesk.store.files import damaged, disk_full, read_only, sync_file

PLAIN_MAGIC = b"SQLite format 3\0"
BUSY_MS = 5000


def connect(path: Path, key: bytes, **options: Any) -> Any:
    """A keyed connection to an existing file; the first read proves the key. Errors are the driver's.

    Its SQL knows `audit_seal(seq, row_hash)`: an HMAC that only who can open this database can make.
    """
    connection = sqlcipher.connect(f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None, **options)
    try:
        unlock(connection, key)
        connection.create_function("audit_seal", 2, _sealer(key), deterministic=True)
    except sqlcipher.Error:
        connection.close()
        raise
    return connection


def _sealer(key: bytes) -> Callable[[int, str], str]:
    sealing = hmac.digest(key, b"ibdesk v1 audit seal", hashlib.sha256)
    return lambda seq, row_hash: hmac.digest(sealing, f"{seq}|{row_hash}".encode(), hashlib.sha256).hex()


def unlock(connection: Any, key: bytes) -> None:
    """Key a fresh connection with a raw 256-bit key: nothing is derived, so this costs half a millisecond."""
    connection.execute("PRAGMA cipher_log_level = NONE")  # else a wrong key is announced on standard error
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def settle(connection: Any, *, foreign_keys: bool = True) -> None:
    """The settings every connection of ours has: durable, patient, and with its references checked."""
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # NORMAL may lose the last commits when the power fails
        f"foreign_keys = {'ON' if foreign_keys else 'OFF'}",
        f"busy_timeout = {BUSY_MS}",
        "secure_delete = ON",  # a deleted credential is overwritten, not just forgotten
        "trusted_schema = OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")


def engine(path: Path, key: bytes, *, begin: str, foreign_keys: bool = True, size: int = 1) -> Engine:
    """An engine of `size` connections whose transactions start with BEGIN `begin`.

    The key reaches SQLCipher through the connect listener and is never part of a URL.
    """

    def keyed() -> Any:
        connection = connect(path, key, check_same_thread=False)
        settle(connection, foreign_keys=foreign_keys)
        return connection

    made = create_engine(
        "sqlite+pysqlite://",
        module=sqlcipher,
        creator=keyed,
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,
    )
    event.listen(made, "begin", lambda tx: tx.exec_driver_sql(f"BEGIN {begin}"))
    if begin == "DEFERRED":
        event.listen(made, "connect", _only_reads)
    return made


def _only_reads(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only = ON")
    cursor.close()


def is_plain(path: Path) -> bool:
    """Whether the file is an ordinary, unencrypted SQLite database."""
    with path.open("rb") as file:
        return file.read(len(PLAIN_MAGIC)) == PLAIN_MAGIC


def integrity_findings(connection: Any) -> tuple[str, ...]:
    """What is wrong with the file: damaged pages, broken indexes, dangling references. Empty is good."""
    found = [str(row[0]) for row in connection.execute("PRAGMA cipher_integrity_check")]
    if not found:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
    if not found:
        found = [
            f"a row of {table} refers to a missing row of {parent}"
            for table, _row, parent, _key in connection.execute("PRAGMA foreign_key_check")
        ]
    return tuple(found)


def row_counts(connection: Any) -> dict[str, int]:
    """How many rows each table has."""
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608


def revision(connection: Any) -> str | None:
    """Which migration the tables are at; None before the first."""
    tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'").fetchone()[0]
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if tables else None
    return None if row is None else str(row[0])


_NO_SPACE = ("disk I/O error", "database or disk is full")
#: Pages copied at a time (4 MB): between two such steps a copy reports and can be stopped.
COPY_STEP = 1024


def copy(source: Any, target: Path, key: bytes, progress: Callable[[float], None] | None = None) -> None:
    """A consistent copy of an open database in `target`, an empty private file, encrypted with `key`; proved by
    opening it. It is one file with nothing beside it, and on disk when this returns.

    `progress` hears the fraction done and may raise to stop. Others may write meanwhile; the copy shows the moment
    it began.
    """

    def tell(_status: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(1 - remaining / max(1, total))

    with closing(sqlcipher.connect(f"{target.as_uri()}?mode=rw", uri=True, isolation_level=None)) as connection:
        unlock(connection, key)
        with _one_view(source):
            try:
                source.backup(connection, pages=COPY_STEP, progress=tell)
            except sqlcipher.OperationalError as error:
                if str(error) in _NO_SPACE:  # the driver's backup gives errors by name alone
                    raise disk_full(target) from error
                raise
        connection.execute("PRAGMA journal_mode = DELETE")
    with closing(connect(target, key)) as connection:
        findings = integrity_findings(connection)
    if findings:
        raise damaged(f"The copy {target} could not be proved good: {findings[0]}.")
    sync_file(target)


@contextmanager
def _one_view(connection: Any) -> Iterator[None]:
    """Hold one read transaction, so that a long copy neither starts again nor mixes two states."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield
    finally:
        connection.execute("ROLLBACK")


def is_keyed(path: Path, key: bytes) -> bool:
    """Whether `key` opens the database at `path`; errors other than a wrong key or a damaged file are the driver's."""
    try:
        connect(path, key).close()
    except sqlcipher.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", None) == sqlcipher.SQLITE_NOTADB:
            return False
        raise
    return True


def meaning(error: BaseException, path: Path) -> DeskError | None:
    """What an engine error about the file at `path` means to a person; None when it is a mistake of ours."""
    code = getattr(error, "sqlite_errorcode", None)
    # SQLite's primary result codes, https://sqlite.org/rescode.html
    match code & 0xFF if isinstance(code, int) else None:
        case sqlcipher.SQLITE_FULL | sqlcipher.SQLITE_IOERR:  # IOERR: a size limit; only a disk without space is FULL
            return disk_full(path)
        case sqlcipher.SQLITE_READONLY | sqlcipher.SQLITE_CANTOPEN | sqlcipher.SQLITE_PERM | sqlcipher.SQLITE_AUTH:
            return read_only(path)
        case sqlcipher.SQLITE_CORRUPT | sqlcipher.SQLITE_NOTADB:
            return damaged(f"The vault's database {path} is damaged: {error}.")
        case sqlcipher.SQLITE_BUSY | sqlcipher.SQLITE_LOCKED:
            return Unavailable(
                f"Another program is using {path}.",
                remedy="Close that program and try again.",
                cause=Cause.VAULT_IN_USE,
            )
        case _:
            return None


@contextmanager
def engine_errors(path: Path) -> Iterator[None]:
    """Turn the engine's errors about the file at `path` into ours; mistakes of ours stay what they are."""
    try:
        yield
    except sqlcipher.Error as error:
        translated = meaning(error, path)
        if translated is None:
            raise
        raise translated from error
    except DBAPIError as error:
        translated = meaning(error.orig, path) if error.orig is not None else None
        if translated is None:
            raise
        raise translated from error


def raw(tx: Connection) -> Any:
    """The driver's connection below a transaction, for the pragmas and the backup that only it knows."""
    return tx.connection.driver_connection
