"""What was looked at last: the room and the account, kept in the window's own settings for the next time.

That file is not encrypted, so no account number is written there: only the account's place among the others, or "all".
"""

from collections.abc import Sequence

from PySide6.QtCore import QSettings

from ibdesk.domain.accounts import AccountId
from ibdesk.ui.rooms import ROOMS

LAST_ACCOUNT, LAST_ROOM = "window/account", "window/room"
ALL = "all"


def account(accounts: Sequence[AccountId]) -> AccountId | None:
    """The account of last time among these, else the first; None for all of them, or where there is none."""
    last = str(QSettings().value(LAST_ACCOUNT, ""))
    if last == ALL and len(accounts) > 1:
        return None
    places = dict(zip(map(str, range(len(accounts))), accounts, strict=True))
    return places.get(last, next(iter(accounts), None))


def keep_account(chosen: AccountId | None, accounts: Sequence[AccountId]) -> None:
    """Remember it for the next time; None for all. One that is not among these is not remembered."""
    if chosen is None or chosen in accounts:
        QSettings().setValue(LAST_ACCOUNT, ALL if chosen is None else str(accounts.index(chosen)))


def room() -> str:
    """The key of last time's room, else of the first."""
    last = QSettings().value(LAST_ROOM, "")
    return next((each.key for each in ROOMS if each.key == last and each.module != "coming"), ROOMS[0].key)


def keep_room(key: str) -> None:
    """Remember it for the next time."""
    QSettings().setValue(LAST_ROOM, key)
