"""The window library keeps count of None and True: PySide6 6.12 on CPython 3.11 loses one on every void call."""

import subprocess
import sys

from tests.house.files import ROOT

# In a process of its own: where the count drifts, the interpreter aborts after some thousands of calls.
SCRIPT = """
import sys
from PySide6.QtCore import QCoreApplication, QObject, Signal

class Probe(QObject):
    changed = Signal(bool)

application = QCoreApplication([])
probe = Probe()
before = sys.getrefcount(None), sys.getrefcount(True)
for _ in range(100):
    probe.setObjectName("x")
    probe.changed.emit(True)
after = sys.getrefcount(None), sys.getrefcount(True)
print(after[0] - before[0], after[1] - before[1])
"""


def test_a_hundred_calls_and_signals_leave_the_counts_of_none_and_true_alone() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    drift = [int(number) for number in done.stdout.split()]
    assert all(abs(each) < 10 for each in drift), f"None and True drift by {drift} in 100 calls"
