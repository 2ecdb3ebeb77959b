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
    gc.freeze()  # as tests/conftest.py does


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
    gc.enable()
    try:
        made = Garbage()
        assert not gc.isenabled()
        made.stop()
        assert gc.isenabled()
    finally:
        gc.disable()


def test_full_collections_are_a_minute_apart_and_leave_out_what_was_there_before(garbage):
    gc.unfreeze()  # as in a process of its own: nothing was left out before
    found: list[int] = []
    garbage.collected.connect(found.append)
    old = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    try:
        for _ in range(2):
            for generation in (0, 0, 1, 1, 0, 0, 1, 1):
                gc.collect(generation)
            garbage.collect_if_due()
    finally:
        gc.set_threshold(*old)
    assert found[0] == 2
    assert 2 not in found[1:]
    assert gc.get_freeze_count() > 0
    garbage.stop()
    assert gc.get_freeze_count() == 0
