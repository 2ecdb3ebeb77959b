"""Care of a vault that is not there: it notes what was asked of it and hands out made-up backups."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ibdesk.domain.errors import Cause, DeskError, NeedsPerson
from ibdesk.domain.records import BackupInfo, BackupReason

MADE = datetime(2026, 11, 20, 7, 0, 0, tzinfo=UTC)
CODE = "84VDP-QJRXV-78QXK-N631Y-5VQPF-VAS6Q-K1KM3-6CNBD"
BACKUP = BackupInfo(
    path="backups/vault-568508-20261120T070000Z.ibdesk-backup", made_at=MADE, bytes=12_400_000, revision="0003",
    reason=BackupReason.SCHEDULE, rows=48_211,
)  # fmt: skip


class MadeUpCare:
    """As `VaultCare`; the passphrase is "correct horse battery"."""

    folder = Path("backups")

    def __init__(self, *, can_remember: bool = True) -> None:
        self.can_remember = can_remember
        self.is_remembered = False
        self.key_changed_at: datetime | None = MADE.replace(year=2025)
        self.passphrase_changed_at: datetime | None = MADE.replace(year=2025)
        self.made: list[BackupInfo] = [BACKUP]
        self.asked: list[str] = []

    async def look(self) -> None:
        self.asked.append("look")

    @staticmethod
    def suggest() -> str:
        return "k3m7-x2vq-9dpt-a4wn-b8hs-j5rc-g6yf-z2ek"

    async def change_passphrase(self, old: str, new: str) -> None:
        _require(old)
        self.asked.append("change passphrase")

    async def new_recovery_code(self, passphrase: str) -> str:
        _require(passphrase)
        return CODE

    async def remember(self, wanted: bool) -> None:
        self.is_remembered = wanted

    async def back_up(self, target: Path | None = None) -> BackupInfo:
        made = replace(BACKUP, path=str(target or BACKUP.path), reason=BackupReason.PERSON, is_checked=True)
        self.made.insert(0, made)
        return made

    async def backups(self) -> tuple[BackupInfo, ...]:
        return tuple(self.made)

    async def test_restore(self, source: Path, passphrase: str) -> BackupInfo:
        _require(passphrase)
        return replace(BACKUP, path=str(source), is_checked=True)


class MadeUpBackups:
    """As `Backups`: the next one is due a day after the newest."""

    last_error: DeskError | None = None

    async def due_at(self) -> datetime | None:
        return MADE.replace(day=MADE.day + 1)


def _require(passphrase: str) -> None:
    if passphrase != "correct horse battery":
        raise NeedsPerson(
            "That passphrase does not open this vault.", remedy="Try again.", cause=Cause.WRONG_PASSPHRASE
        )
