"""G4: 100,000 quotes a second into the desk's own positions table of 10,000 rows.

Open-loop feed (2 ms timer), random rows, five known fields an update; a 5 ms precise timer measures how late the event
loop is, against the same probe while idle. The peer is the item pattern of trading GUIs: a QTableWidget, five item
writes an event, sorting switched off and on around every event; the kinder peer leaves the switch out. Its work is cut
at 250 ms a slice, so its lateness is flattered. The rates that are compared are the ones each side sustains. One
process, best of three, CPU of the whole process.

Prints each ratio with its goal; exit code 1 when one is missed. Runs offscreen in about a minute.
"""

import gc
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PySide6.QtCore import QElapsedTimer, QEventLoop, QSettings, Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QTableWidget, QTableWidgetItem, QWidget

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.market import Delay, Quote
from ibdesk.domain.money import USD
from ibdesk.domain.portfolio import Row
from ibdesk.domain.positions import Position
from ibdesk.domain.settings import ThemeName
from ibdesk.ui import theme
from ibdesk.ui.models.columns import OVERVIEW
from ibdesk.ui.pages.position_table import PositionTable

ROWS, ASKED, SECONDS, TRIES = 10_000, 100_000, 3.0, 3
#: What the table is asked to sustain for the ratio of rates; the peer is asked for more than it can take as well.
SUSTAINED = 300_000
FEED_MS, PROBE_MS, SLICE_S = 2, 5, 0.25
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
GAIN, LOSS = QColor("red"), QColor("green")
CPU_GOAL, LATE_GOAL, RATE_GOAL = 25.0, 5.0, 250.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one run did: updates taken a second, CPU in percent of a core, lateness in milliseconds."""

    rate: float
    cpu: float
    p50: float
    p99: float


def rows() -> tuple[Row, ...]:
    """Ten thousand stocks with every figure the table shows."""
    made = []
    for at in range(ROWS):
        price = Decimal(100 + at % 900) + Decimal("0.37")
        instrument = Instrument(
            conid=Conid(1_000_000 + at), symbol=f"SYM{at}", asset_class=AssetClass.STOCK, currency=USD,
            name=f"Company {at}", sector="Technology", exchange="NASDAQ",
        )
        position = Position(
            account=AccountId("DU7654321"), instrument=instrument, quantity=Decimal(10 + at % 500),
            average_cost=price, average_price=price, price=price, market_value=price * 10, unrealized=Decimal("12.50"),
        )
        made.append(Row(position=position, rate=Decimal(1), trend=tuple(price + step for step in (0, 2, 1, 3, 4))))
    return tuple(made)


def quotes(count: int, rng: random.Random) -> list[Quote]:
    """Quotes as the live feed hands them over, made beforehand: making them is the feed's work, not the table's."""
    made = []
    for _ in range(count):
        last = Decimal(rng.randrange(10_000, 99_999)) / 100
        made.append(Quote(
            conid=Conid(1_000_000 + rng.randrange(ROWS)), received_at=NOW, delay=Delay.LIVE, last=last,
            bid=last - Decimal("0.01"), ask=last + Decimal("0.01"), daily_pnl=last - 500,
        ))
    return made


def measure(take: Callable[[int], int], seconds: float, asked: int = ASKED) -> Result:
    """Feed for some seconds. `take(n)` is offered n updates and says how many it took in its slice."""
    loop, late = QEventLoop(), []
    clock = QElapsedTimer()
    probe, feed = QTimer(), QTimer()
    for timer, period in ((probe, PROBE_MS), (feed, FEED_MS)):
        timer.setTimerType(Qt.TimerType.PreciseTimer)
        timer.setInterval(period)
    state = {"due": 0.0, "taken": 0, "owed": 0}

    def probed() -> None:
        now = clock.nsecsElapsed() / 1e6
        late.append(max(0.0, now - state["due"]))
        state["due"] = now + PROBE_MS

    def fed() -> None:
        offered = int(clock.nsecsElapsed() / 1e9 * asked) - state["owed"]
        state["owed"] += offered
        state["taken"] += take(offered)

    probe.timeout.connect(probed)
    feed.timeout.connect(fed)
    clock.start()
    state["due"] = PROBE_MS
    cpu, began = time.process_time(), time.perf_counter()
    probe.start()
    feed.start()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()
    wall = time.perf_counter() - began
    late.sort()
    return Result(
        rate=state["taken"] / wall, cpu=100 * (time.process_time() - cpu) / wall,
        p50=late[len(late) // 2], p99=late[int(len(late) * 0.99)],
    )


def idle() -> Result:
    """The same probe with nothing to take."""
    return measure(lambda _offered: 0, SECONDS)


def ours(
    held: tuple[Row, ...], pool: list[Quote], settings: QSettings, asked: int = ASKED
) -> tuple[Result, int, int]:
    """The desk's own table; also how many different instruments were fed and how many of them hold the last value."""
    table = PositionTable(OVERVIEW, "bench", settings)
    table.resize(1100, 800)
    table.position_model.set_book(held, "USD")
    table.show()
    settle()
    newest: dict[Conid, Quote] = {}
    at = 0

    def take(offered: int) -> int:
        nonlocal at
        batch = [pool[(at + step) % len(pool)] for step in range(offered)]
        at += offered
        table.position_model.set_quotes(batch)
        newest.update({quote.conid: quote for quote in batch})
        return offered

    result = measure(take, SECONDS, asked)
    settle(0.3)
    right = sum(
        1 for line in range(ROWS)
        if (row := table.position_model.row_at(line)) is not None
        and (quote := newest.get(row.position.instrument.conid)) is not None and row.last == quote.last
    )
    drop(table)
    return result, len(newest), right


def peer(held: tuple[Row, ...], pool: list[Quote], *, switching: bool) -> Result:
    """The item pattern: five item writes an event, sorting off and on around each when `switching`."""
    table = QTableWidget(ROWS, 10)
    items = {}
    for at, row in enumerate(held):
        cells = [QTableWidgetItem(text) for text in (row.position.instrument.symbol, *["0.00"] * 9)]
        for column, item in enumerate(cells):
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
            table.setItem(at, column, item)
        items[row.position.instrument.conid] = cells
    table.verticalHeader().hide()
    table.setAlternatingRowColors(True)
    table.setSortingEnabled(True)
    table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    table.resize(1100, 800)
    table.show()
    settle()
    place = 0

    def take(offered: int) -> int:
        nonlocal place
        began, done = time.perf_counter(), 0
        for _ in range(offered):
            quote = pool[place % len(pool)]
            place += 1
            if switching:
                table.setSortingEnabled(False)
            cells = items[quote.conid]
            cells[4].setText(str(quote.last))
            cells[5].setText(str(quote.bid))
            cells[6].setText(str(quote.ask))
            cells[7].setText(str(quote.daily_pnl))
            # Its P&L cells are coloured by sign and its time cells formatted with every write.
            cells[7].setForeground(LOSS if quote.daily_pnl < 0 else GAIN)
            cells[8].setText(quote.received_at.strftime("%H:%M:%S.%f"))
            if switching:
                table.setSortingEnabled(True)
            done += 1
            if time.perf_counter() - began > SLICE_S:
                break
        return done

    result = measure(take, SECONDS)
    drop(table)
    return result


def settle(seconds: float = 0.5) -> None:
    """Let what is waiting be painted."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def drop(widget: QWidget) -> None:
    """Take a table away before the next one is measured."""
    widget.hide()
    widget.deleteLater()
    settle(0.2)


def main() -> int:
    app = QApplication([])
    sys.setswitchinterval(0.0005)
    theme.apply(app, theme.Theme(name=ThemeName.DARK))
    settings = QSettings(os.devnull, QSettings.Format.IniFormat)
    rng = random.Random(20261120)
    held, pool = rows(), quotes(200_000, rng)
    # The pool stands for a socket: the collector need not walk 200,000 quotes that no desk would hold.
    gc.freeze()
    rests, tries = [], []
    whole = True
    for _ in range(TRIES):
        rests.append(idle())
        result, fed, right = ours(held, pool, settings)
        whole = whole and fed == right
        tries.append(result)
    most, fed, right = ours(held, pool, settings, SUSTAINED)
    whole = whole and fed == right
    hard, kind = peer(held, pool, switching=True), peer(held, pool, switching=False)
    best = Result(
        rate=max(each.rate for each in tries), cpu=min(each.cpu for each in tries),
        p50=min(each.p50 for each in tries), p99=min(each.p99 for each in tries),
    )
    rested = min(rests, key=lambda each: each.p99)
    told = (("idle", rested), ("ibdesk", best), ("ibdesk, more", most), ("peer", hard), ("kinder peer", kind))
    for name, each in told:
        print(f"{name:12} {each.rate:10,.0f}/s  CPU {each.cpu:5.1f} %  late p50 {each.p50:6.2f} p99 {each.p99:7.2f} ms")
    # Each try against the rest just before it: what else the machine does is in both.
    over = min(each.p99 - rest.p99 for each, rest in zip(tries, rests, strict=True))
    # What else the machine did must not flatter us: the peers are given the whole core they ask for.
    ratio, kinder = (most.rate / (each.rate * 100 / min(100.0, each.cpu)) for each in (hard, kind))
    print(f"kinder peer: {kinder:.1f}x its sustained rate")
    goals = (
        (f"delivered {best.rate:,.0f}/s of {ASKED:,}, last values right: {whole}", whole and best.rate >= 0.99 * ASKED),
        (f"CPU {best.cpu:.1f} % (goal <= {CPU_GOAL:.0f} %)", best.cpu <= CPU_GOAL),
        (f"lateness p99 over idle {over:.2f} ms (goal <= {LATE_GOAL:.0f} ms)", over <= LATE_GOAL),
        (
            f"sustained rate {ratio:,.0f}x the item pattern's (goal >= {RATE_GOAL:.0f}x)",
            ratio >= RATE_GOAL and most.rate >= 0.99 * SUSTAINED,
        ),
    )
    for text, held_goal in goals:
        print(("ok    " if held_goal else "MISS  ") + text)
    return 0 if all(held_goal for _, held_goal in goals) else 1


if __name__ == "__main__":
    raise SystemExit(main())
