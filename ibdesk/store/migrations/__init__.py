"""How a vault's tables get from any released version to this one: which steps there are, and a backup before them.

Steps are the files in `versions/`, one revision each, named by its first four digits; forward only. They run with
foreign keys off, because a moved table would otherwise delete the rows that refer to it, and are checked afterwards.
"""

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ibdesk.domain.records import BackupReason
from ibdesk.store import cipher, header
from ibdesk.store.files import damaged, disk_errors
from ibdesk.store.vault import OpenVault

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """What was done: revisions before (None for a new vault) and after, and the backup made first, if any."""

    before: str | None
    after: str
    backup: Path | None = None


def revisions(steps: Path = FOLDER) -> tuple[str, ...]:
    """Every revision this version knows, oldest first."""
    return tuple(sorted(path.name[:4] for path in (steps / "versions").glob("[0-9]*.py")))


def upgrade(vault: OpenVault, steps: Path = FOLDER) -> Upgrade:
    """Bring the vault's tables up to date. Blocks; does nothing quickly when they are.

    Refused(VAULT_NEWER) when a newer version wrote the vault, Unavailable(DISK_FULL), BadData(VAULT_DAMAGED).
    """
    path, known = vault.paths.database, revisions(steps)
    if vault.revision == known[-1]:
        return Upgrade(before=known[-1], after=known[-1])
    with cipher.engine_errors(path), disk_errors(vault.paths.folder):
        with closing(cipher.connect(path, vault.database_key())) as connection:
            before = cipher.revision(connection)
            if before is not None and before not in known:
                raise header.newer_vault()
        backup = None if before is None else _back_up(vault, known[-1])
        _run(vault, steps)
    vault.revision = known[-1]
    return Upgrade(before=before, after=known[-1], backup=backup)


def _back_up(vault: OpenVault, target: str) -> Path:
    """A backup of the vault as it was before this step. Dated by the file that was written when it was opened."""
    from ibdesk.store import backup  # imported late: hardly any start of the desk needs it

    path = vault.paths.backups / f"before-{target}{backup.SUFFIX}"
    path.unlink(missing_ok=True)
    opened_at = datetime.fromtimestamp(vault.paths.owner.stat().st_mtime, UTC)
    backup.write(vault, path, reason=BackupReason.BEFORE_UPGRADE, made_at=opened_at)
    return path


def _run(vault: OpenVault, steps: Path) -> None:
    # Imported late: a vault that is up to date opens without the migration tool, and a tenth of a second sooner.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(steps).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    engine = cipher.engine(vault.paths.database, vault.database_key(), begin="IMMEDIATE", foreign_keys=False)
    try:
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            dangling = cipher.raw(connection).execute("PRAGMA foreign_key_check").fetchone()
    finally:
        engine.dispose()
    if dangling is not None:
        raise damaged(f"After the upgrade a row of {dangling[0]} refers to a missing row of {dangling[2]}.")
