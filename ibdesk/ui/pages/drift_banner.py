"""The banner over the positions while two sources tell the account differently, and for how long that is no news."""

from datetime import datetime, timedelta

from PySide6.QtWidgets import QWidget

from ibdesk.domain.drift import Comparison
from ibdesk.ui.models.sources import RULE, detail, headline
from ibdesk.ui.widgets import Banner

#: After a trade the sources are read one after the other, within seconds: until then a difference says nothing.
PATIENCE = timedelta(seconds=10)


class DriftBanner(Banner):
    """Hidden while the sources agree. Its button asks both anew."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", tone="warn", parent=parent)
        self.setToolTip(RULE)
        self._since: datetime | None = None
        self.hide()

    def show_comparisons(self, compared: tuple[Comparison, ...], now: datetime) -> None:
        """Say what differs, once it has for longer than a reading takes."""
        differing = tuple(each for each in compared if each.drifts)
        if not differing:
            self._since = None
            self.hide()
            return
        self._since = self._since or now
        if now - self._since >= PATIENCE:
            self.set(headline(differing), detail=detail(differing), action="Read both now")
            self.show()
