"""Where Python's garbage is collected: in the window's thread only.

The collector runs in whichever thread happens to allocate. When a worker thread (database, key derivation) collects a
cycle that holds a Qt object with a running timer, the timer stays registered for an object that is gone, and the next
tick crashes the process (seen: QTimerInfoList::activateTimers). So automatic collection is off while a window is there,
and this object collects by Python's own thresholds between two events.

A full collection looks at every object and holds the window up meanwhile: 60 to 180 ms with all modules and 10,000
positions in memory (measured). So what is there after the first one is kept out of all later ones, and there is at most
one a minute; the young generations are cheap and are collected as Python would.
"""

import gc

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

#: How often the counters are looked at, in milliseconds.
EVERY_MS = 200
#: How far apart full collections are, in milliseconds.
FULL_EVERY_MS = 60_000


class Garbage(QObject):
    """Collects in the thread it was made in, from creation until `stop`. `collected(generation)` tells each time."""

    collected = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        self._since_full = QElapsedTimer()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.collect_if_due)
        self._timer.start()

    def collect_if_due(self) -> None:
        """Collect the oldest generation whose threshold is passed, as the automatic collector would."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        due = [generation for generation in range(3) if counts[generation] > thresholds[generation] > 0]
        if due and max(due) == 2 and not self._may_collect_all():
            due.remove(2)
        if due:
            gc.collect(max(due))
            self.collected.emit(max(due))
        if due and max(due) == 2 and not gc.get_freeze_count():
            gc.freeze()

    def _may_collect_all(self) -> bool:
        if self._since_full.isValid() and self._since_full.elapsed() < FULL_EVERY_MS:
            return False
        self._since_full.start()
        return True

    def stop(self) -> None:
        """Collect everything once more and leave it to Python again."""
        self._timer.stop()
        gc.unfreeze()
        gc.collect()
        if self._was_enabled:
            gc.enable()
