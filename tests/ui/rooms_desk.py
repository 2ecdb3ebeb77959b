"""A desk on a real vault for the rooms that read it: real preferences and activity, a made-up session and book."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QListView, QWidget

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.positions import Source, SyncCounts
from ibdesk.domain.records import Credentials, SessionRecord, SyncRecord, SyncStatus
from ibdesk.services.activity import Activity
from ibdesk.services.desk import Desk
from ibdesk.services.preferences import Preferences
from ibdesk.services.vault_care import VaultCare
from ibdesk.store import audit, records, secrets
from ibdesk.store import vault as vaults
from ibdesk.store.database import Database, open_database
from ibdesk.store.header import LOWEST_COST
from ibdesk.ui.bridge import Bridge
from tests.store.fresh import fresh_vault
from tests.ui.sample_desk import MAIN, NOW, sample_desk

PAPER = Credentials(
    environment=Environment.PAPER, gateway_url="https://localhost:5000", user_name="adapaper1", account=MAIN,
    certificate_sha256=":".join(["5F", *["2A"] * 30, "C1"]), options_level=3,
)


@dataclass(frozen=True)
class Opened:
    desk: Desk
    bridge: Bridge
    database: Database
    vault: vaults.OpenVault
    pages: list[QWidget]

    def show(self, page: QWidget) -> None:
        """Put a page on screen; it is deleted with the desk, or every later test would restyle it again."""
        self.pages.append(page)
        page.resize(1280, 800)
        page.show()
        page.activateWindow()

    async def log(self, *calls: ApiCall) -> None:
        await self.database.write(audit.append_calls, calls)


@asynccontextmanager
async def rooms_desk(
    home: Path, *, environment: Mapping[str, str] | None = None, connected: bool = True, **parts: Any
) -> AsyncIterator[Opened]:
    """Open the vault, build the desk, and take both apart again."""
    vault = fresh_vault(home)
    database = open_database(vault)
    desk = sample_desk(Environment.PAPER)
    preferences = Preferences(
        home, vault=vault, database=database, hub=desk.hub, clock=desk.clock, environment=environment or {},
        overrides={},
    )
    if connected:
        await database.write(secrets.save_credentials, vault, PAPER, NOW)
    desk = replace(desk, preferences=preferences, **{
        "activity": Activity(database, clock=desk.clock, default_environment=lambda: Environment.PAPER),
        "care": VaultCare(
            vault, database=database, hub=desk.hub, settings=lambda: preferences.settings, clock=desk.clock,
            key_store=lambda: None, cost=LOWEST_COST,
        ),
    } | parts)
    bridge = Bridge(desk.tasks)
    bridge.listen(desk.hub)
    pages: list[QWidget] = []
    try:
        yield Opened(desk, bridge, database, vault, pages)
    finally:
        bridge.deafen()
        await desk.tasks.close()
        for page in pages:
            shiboken6.delete(page)
        await database.close()
        vault.close()


def unnamed(root: QWidget) -> list[str]:
    """The controls a screen reader could reach but not name. A label is read by its text, a list that drops down by its
    box."""
    return [
        f"{type(each).__name__} {each.objectName()} in {type(each.parent()).__name__}"
        for each in root.findChildren(QWidget)
        if each.focusPolicy() is not Qt.FocusPolicy.NoFocus
        and not (each.accessibleName() or each.objectName().startswith("qt_"))
        and not isinstance(each, QLabel | QListView)
        and not (isinstance(each, QAbstractButton) and (each.text() or not each.isVisibleTo(root)))
    ]


def call(number: int, *, path: str = "/v1/api/tickle", outcome: str = "ok", status: int | None = 200) -> ApiCall:
    return ApiCall(
        at=NOW + timedelta(seconds=number), channel="rest", method="POST", path=path, status=status, outcome=outcome,
        milliseconds=12, bytes_out=2, bytes_in=1416, detail="" if outcome == "ok" else "The gateway was silent.",
    )


async def add_sync(database: Database, number: int, *errors: str) -> None:
    record = SyncRecord(
        account=AccountId("DU7654321"), source=Source.PORTAL, started_at=NOW + timedelta(minutes=number),
        finished_at=NOW + timedelta(minutes=number, milliseconds=740),
        status=SyncStatus.FAILED if errors else SyncStatus.SUCCESS, counts=SyncCounts(processed=21, new=21),
        stages={"summary": 120, "positions": 400}, errors=errors,
    )
    await database.write(records.add_sync, record)


async def add_session(database: Database, status: str) -> None:
    record = SessionRecord(
        at=NOW, environment=Environment.PAPER, status=status, authenticated=status == "ready", competing=False,
        last_tickle=None, expires_at=None,
    )
    await database.write(records.add_session, record)
