"""What an open desk costs while nobody touches it. The demo gateway runs in a process of its own.

- a weekend's desk that holds shares and cash, so that nothing moves: at most 1 % of a core more than a bare window on
  an idle qasync loop, measured over the same minute;
- its memory: at most 4 MB more at the end of that minute than at its beginning;
- a weekend's desk that holds crypto, whose prices and profit move twice a second, and a trading day's desk, where all
  prices do: told beside it, without a goal.

Prints each with its goal; exit code 1 when one is missed. Needs no network and no display.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SETTLES, MEASURED = 20, 60
CPU_GOAL, MEMORY_GOAL_MB = 1.0, 4.0
PASSPHRASE = "nine green lanterns over water"
SHARES, EVERYTHING = "DU7654322", "DU7654321"
WEEKEND, TRADING = "2026-11-21T17:48:00+00:00", "2026-11-20T17:48:00+00:00"

#: A demo gateway whose dial begins at an instant; it ends with its standard input.
GATEWAY = """
import asyncio, json, sys, time
from datetime import datetime
from ibdesk.demo.clock import DemoClock
from ibdesk.demo.gateway import DemoGateway

async def serve():
    gateway = DemoGateway(clock=DemoClock(datetime.fromisoformat(sys.argv[1]), ticks=time.monotonic))
    await gateway.start()
    print(json.dumps([gateway.url, gateway.certificate_sha256]), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await gateway.stop()

asyncio.run(serve())
"""

FILL = """
import asyncio, sys
from pathlib import Path
from ibdesk import wiring
from ibdesk.domain.accounts import Account, AccountId, Environment
from ibdesk.domain.money import USD
from ibdesk.domain.records import Credentials
from ibdesk.services.first_run import FirstRunResult

async def fill(home, passphrase, url, pin, held_in):
    account = Account(id=AccountId(held_in), title="Main", currency=USD, is_paper=True)
    credentials = Credentials(environment=Environment.PAPER, gateway_url=url, user_name="demo", account=account.id,
                              certificate_sha256=pin)
    result = FirstRunResult(credentials=credentials, account=account, accounts=(account,), acknowledgments=())
    desk, _ = await wiring.create_desk(home, passphrase, result, watching=False)
    await desk.close()

asyncio.run(fill(Path(sys.argv[1]), *sys.argv[2:]))
"""

#: Prints the percent of a core a minute took, and the megabytes at its beginning and end.
MEASURE = """
async def measure(settles, seconds):
    import gc, json, psutil
    await asyncio.sleep(settles)
    gc.collect()
    process = psutil.Process()
    before, began, cpu = process.memory_info().rss, time.perf_counter(), time.process_time()
    await asyncio.sleep(seconds)
    share = (time.process_time() - cpu) / (time.perf_counter() - began)
    gc.collect()
    print(json.dumps([share * 100, before / 1e6, process.memory_info().rss / 1e6]), flush=True)
"""

BARE = "import asyncio, sys, time" + MEASURE + """
import qasync
from PySide6.QtWidgets import QApplication, QWidget
qt = QApplication(sys.argv[:1])
window = QWidget()
window.resize(1440, 900)
window.show()
loop = qasync.QEventLoop(qt)
asyncio.set_event_loop(loop)
with loop:
    loop.run_until_complete(measure(float(sys.argv[1]), float(sys.argv[2])))
"""

DESK = "import asyncio, sys, time" + MEASURE + """
import types
from pathlib import Path
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from ibdesk import app

async def walk(desk_app, _folder, _theme):
    desk_app.enter()
    await asyncio.sleep(2)
    screen = desk_app.window.stack.currentWidget()
    screen.field.setText(sys.argv[4])
    QTest.keyClick(screen.field, Qt.Key.Key_Return)
    await measure(float(sys.argv[1]), float(sys.argv[2]))
    return 0

sys.modules["ibdesk.ui.tour"] = types.SimpleNamespace(walk=walk)
sys.exit(app.main(home=Path(sys.argv[3]), shots=Path(sys.argv[3])))
"""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Percent of a core, and megabytes at the beginning and the end."""

    cpu: float
    began: float
    ended: float


def main() -> int:
    """Measure a weekend and a trading day, each beside a bare window."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    bare, weekend = side_by_side(WEEKEND, SHARES)
    more, grown = weekend.cpu - bare.cpu, weekend.ended - weekend.began
    print(
        f"weekend: bare window {bare.cpu:.2f} % of a core, ibdesk {weekend.cpu:.2f} %, "
        f"{more:.2f} more, {weekend.cpu / max(bare.cpu, 0.01):.0f} x (goal <= {CPU_GOAL} more)"
    )
    print(
        f"memory: bare window {bare.ended:.0f} MB, ibdesk {weekend.began:.0f} to {weekend.ended:.0f} MB, "
        f"{grown:+.1f} in a minute (goal <= {MEMORY_GOAL_MB})"
    )
    for name, begins in (("weekend with crypto", WEEKEND), ("trading day", TRADING)):
        bare, moving = side_by_side(begins, EVERYTHING)
        print(f"{name}: bare window {bare.cpu:.2f} % of a core, ibdesk {moving.cpu:.2f} %")
    return 0 if more <= CPU_GOAL and grown <= MEMORY_GOAL_MB else 1


def side_by_side(begins: str, account: str) -> tuple[Cost, Cost]:
    """A bare window's and the desk's cost over the same minute."""
    with tempfile.TemporaryDirectory() as folder, started(GATEWAY, begins, stdin=subprocess.PIPE) as gateway:
        assert gateway.stdout is not None
        url, pin = json.loads(gateway.stdout.readline())
        subprocess.run([sys.executable, "-c", FILL, folder, PASSPHRASE, url, pin, account], check=True)
        times = (str(SETTLES), str(MEASURED))
        with started(BARE, *times) as bare, started(DESK, *times, str(Path(folder)), PASSPHRASE) as desk:
            costs = told(bare), told(desk)
        gateway.communicate("")
    return costs


def started(code: str, *arguments: str, stdin: int | None = None) -> "subprocess.Popen[str]":
    """A fresh interpreter at work."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdin=stdin, stdout=subprocess.PIPE, text=True
    )


def told(process: "subprocess.Popen[str]") -> Cost:
    """What it measured of itself."""
    said, _ = process.communicate(timeout=SETTLES + MEASURED + 120)
    cpu, began, ended = json.loads(said.splitlines()[-1])
    return Cost(cpu=cpu, began=began, ended=ended)


if __name__ == "__main__":
    sys.exit(main())
