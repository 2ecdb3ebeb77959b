import os
import sys
import threading
from pathlib import Path

import pytest

from ibdesk.domain.errors import Cause, Refused
from ibdesk.store.files import Paths
from ibdesk.store.lock import forbid_core_dumps, take_lock, unlock


def test_only_one_at_a_time(home: Path) -> None:
    paths = Paths(folder=home)
    lock = take_lock(paths)
    with pytest.raises(Refused, match=f"process {os.getpid()}") as caught:
        take_lock(paths)
    assert caught.value.cause is Cause.VAULT_IN_USE
    unlock(paths, lock)
    unlock(paths, take_lock(paths))


def test_being_refused_does_not_take_the_owners_note_away(home: Path) -> None:
    paths = Paths(folder=home)
    lock = take_lock(paths)
    with pytest.raises(Refused):
        take_lock(paths)
    assert paths.owner.read_text() == str(os.getpid())
    unlock(paths, lock)
    assert not paths.owner.exists()


def test_a_lock_taken_in_one_thread_is_let_go_in_another(home: Path) -> None:
    paths = Paths(folder=home)
    taken = []
    thread = threading.Thread(target=lambda: taken.append(take_lock(paths)))
    thread.start()
    thread.join()
    unlock(paths, taken[0])
    unlock(paths, take_lock(paths))


def test_a_note_that_cannot_be_read_costs_only_the_number(home: Path) -> None:
    paths = Paths(folder=home)
    lock = take_lock(paths)
    paths.owner.write_text("nonsense")
    with pytest.raises(Refused, match=r"^Another ibdesk has"):
        take_lock(paths)
    unlock(paths, lock)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows writes no core dumps by itself")
def test_a_crash_writes_no_memory_to_disk() -> None:
    import resource

    forbid_core_dumps()
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
