import gc
import threading
import weakref

import pytest
from PySide6.QtCore import QTimer

from ibdesk.ui.garbage import Garbage


class Knot:
    """A cycle that only the collector can free."""

    def __init__(self, held: object) -> None:
        self.held, self.me = held, self


@pytest.fixture
def garbage(qapp):
    made = Garbage()
    yield made
    made.stop()


def test_a_worker_thread_frees_no_qt_object(garbage, qtbot):
    timer = QTimer()
    timer.start(1)
    gone = weakref.ref(knot := Knot(timer))
    del knot, timer
    worker = threading.Thread(target=lambda: [[object()] for _ in range(200_000)])
    worker.start()
    worker.join()
    assert gone() is not None
    qtbot.waitUntil(lambda: gc.collect() >= 0 and gone() is None)


def test_the_windows_thread_collects_by_pythons_thresholds(garbage, qtbot):
    kept = [[number] for number in range(5000)]
    with qtbot.waitSignal(garbage.collected):
        kept.append([0])
    assert gc.get_count()[0] < 5000


def test_afterwards_python_collects_again(qapp):
    made = Garbage()
    assert not gc.isenabled()
    made.stop()
    assert gc.isenabled()
