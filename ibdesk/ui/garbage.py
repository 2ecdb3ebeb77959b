"""Where Python's garbage is collected: in the window's thread only.

The collector runs in whichever thread happens to allocate. When a worker thread (database, key derivation) collects a
cycle that holds a Qt object with a running timer, the timer stays registered for an object that is gone, and the next
tick crashes the process (seen: QTimerInfoList::activateTimers). So automatic collection is off while a window is there,
and this object collects by Python's own thresholds between two events.

A collection holds the window up as long as it takes to look at its objects. The young ones are looked at often while
something is being built, so that there are few each time: at one look every 200 ms a sync of 10,000 positions gave 4 to
10 ms a collection, at one every 10 ms less than 1 (measured, benchmarks/bench_stall.py). Those that outlived it are
looked at when nothing is being built, 5 s later at the latest. A full collection takes 60 to 180 ms with all modules
and 10,000 positions in memory, so what is there after the first is kept out of all later ones, and there is at most one
a minute.
"""

import gc

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

#: How often the counters are looked at, in milliseconds: when something was due, and at rest. In between it doubles.
#: Ten looks a second at rest were a tenth of what an untouched desk costs (measured, benchmarks/bench_week.py).
LIVELY_MS, QUIET_MS = 10, 320
#: How long older objects wait for a quiet moment, and how far apart full collections are, in milliseconds.
OLDER_WITHIN_MS, FULL_EVERY_MS = 5_000, 60_000


class Garbage(QObject):
    """Collects in the thread it was made in, from creation until `stop`. `collected(generation)` tells each time."""

    collected = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        self._has_frozen = False
        self._since_full = QElapsedTimer()
        self._since_older = QElapsedTimer()
        self._since_older.start()
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(QUIET_MS)
        self._timer.timeout.connect(self.collect_if_due)
        self._timer.start()

    def collect_if_due(self) -> None:
        """Collect the oldest generation whose threshold is passed and whose time has come."""
        limits = gc.get_threshold()
        young, middle, old = (count > limit > 0 for count, limit in zip(gc.get_count(), limits, strict=True))
        may_older = self._is_quiet(young) or self._since_older.elapsed() >= OLDER_WITHIN_MS
        if old and may_older and self._may_collect_all():
            self._collect(2)
        elif middle and may_older:
            self._collect(1)
        elif young:
            self._collect(0)
        self._look_again(LIVELY_MS if young else min(2 * self._timer.interval(), QUIET_MS))

    def _collect(self, generation: int) -> None:
        gc.collect(generation)
        if generation:
            self._since_older.start()
        if generation == 2 and not gc.get_freeze_count():
            gc.freeze()
            self._has_frozen = True
        self.collected.emit(generation)

    def _is_quiet(self, young: bool) -> bool:
        return not young and self._timer.interval() == QUIET_MS

    def _look_again(self, milliseconds: int) -> None:
        if self._timer.interval() != milliseconds:  # setting it starts it anew
            self._timer.setInterval(milliseconds)

    def _may_collect_all(self) -> bool:
        if self._since_full.isValid() and self._since_full.elapsed() < FULL_EVERY_MS:
            return False
        self._since_full.start()
        return True

    def stop(self) -> None:
        """Collect everything once more and leave it to Python again."""
        self._timer.stop()
        if self._has_frozen:
            gc.unfreeze()
        gc.collect()
        if self._was_enabled:
            gc.enable()
