"""The Activity room on a real vault: newest first, filtered, older ones on demand, the chain verified, CSV true."""

import asyncio
import csv
import io
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ibdesk.domain.accounts import Environment
from ibdesk.domain.compliance.disclosures import Acknowledgment
from ibdesk.domain.events import CallsLogged
from ibdesk.domain.records import SessionRecord
from ibdesk.domain.settings import ThemeName
from ibdesk.ui import theme
from ibdesk.ui.live.executions import FIELDS as PRINTS
from ibdesk.ui.pages.activity import ActivityPage, build
from ibdesk.ui.pages.activity.calls_tab import CallsTab
from ibdesk.ui.pages.activity.columns import ACKNOWLEDGMENTS, ALWAYS, CALLS, SESSIONS, SYNCS, Field
from ibdesk.ui.pages.activity.compliance_tab import ComplianceTab
from ibdesk.ui.pages.activity.hints import HintsPanel
from ibdesk.ui.pages.activity.model import RecordModel
from ibdesk.ui.pages.activity.receipts_tab import RECEIPTS
from ibdesk.ui.pages.activity.sessions_tab import SessionsTab
from ibdesk.ui.pages.activity.syncs_tab import SyncsTab
from ibdesk.ui.pages.activity.table import RecordList, RecordTable
from ibdesk.ui.pages.orders.executions import FIELDS as EXECUTIONS
from tests.ui.rooms_desk import Opened, add_session, add_sync, call, rooms_desk, unnamed
from tests.ui.sample_desk import NOW
from tests.ui.session.test_face import OFFLINE, REPORT, MadeUpReconnect

Run = Callable[[Coroutine[Any, Any, Any]], Any]


async def until(true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


def opened_page(opened: Opened) -> ActivityPage:
    page = build(opened.desk, opened.bridge)
    assert isinstance(page, ActivityPage)
    opened.show(page)
    return page


def syncs(page: ActivityPage) -> SyncsTab:
    tab = page.tab("syncs")
    assert isinstance(tab, SyncsTab)
    return tab


def sessions(page: ActivityPage) -> SessionsTab:
    tab = page.tab("sessions")
    assert isinstance(tab, SessionsTab)
    return tab


def calls(page: ActivityPage) -> CallsTab:
    tab = page.tab("calls")
    assert isinstance(tab, CallsTab)
    return tab


def column(place: RecordList, title: str) -> list[str]:
    at = [field.title for field in place.model.fields].index(title)
    return [place.model.data(place.model.index(row, at)) for row in range(place.model.rowCount())]


def test_nothing_yet_says_what_will_be_here(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            page = opened_page(opened)
            await until(syncs(page).list.empty.isVisible)
            assert "F5 syncs now" in syncs(page).list.empty.why.text()

    run(walk())


def test_syncs_show_what_changed_and_what_failed(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            await add_sync(opened.database, 1)
            await add_sync(opened.database, 2, "Positions of DU7654321 could not be read.")
            page = opened_page(opened)
            place = syncs(page).list
            await until(lambda: place.model.rowCount() == 2)
            assert column(place, "Status") == ["failed", "success"]
            assert column(place, "What failed")[0] == "Positions of DU7654321 could not be read."
            assert column(place, "Took")[1] == "740 ms"
            assert column(place, "Stages")[1] == "summary 120 ms · positions 400 ms"

    run(walk())


def test_the_session_now_stands_above_its_history_and_goes_on(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path, reconnect=MadeUpReconnect()) as opened:
            page = opened_page(opened)
            page.show_tab("sessions")
            tab = sessions(page)
            wanted: list[str] = []
            opened.bridge.command.connect(wanted.append)
            assert tab.panel.isVisible() and tab.panel.headline.text() == "Everything is connected"
            tab.panel.buttons["check-session"].click()
            assert not tab.away.isVisible()
            opened.desk.reconnect.last_report = REPORT
            opened.desk.session.session = OFFLINE
            opened.bridge.second.emit(opened.desk.clock())
            assert tab.panel.headline.text() == "The gateway does not answer"
            tab.away.click()
            assert wanted == ["check-session", "away"]
            assert unnamed(page) == []

    run(walk())


def test_sessions_have_their_own_list(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            await add_session(opened.database, "signed out")
            await add_session(opened.database, "ready")
            page = opened_page(opened)
            page.show_tab("sessions")
            await until(lambda: column(sessions(page).list, "State") == ["ready", "signed out"])

    run(walk())


def test_calls_are_filtered_by_text_and_by_error(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            await opened.log(
                call(1), call(2, path="/v1/api/portfolio/accounts"), call(3, outcome="timed_out", status=None)
            )
            page = opened_page(opened)
            page.show_tab("calls")
            place = calls(page).list
            await until(lambda: column(place, "No.") == ["3", "2", "1"])
            assert column(place, "Status") == ["—", "200", "200"]
            QTest.keyClicks(calls(page).filter, "portfolio")
            await until(lambda: column(place, "Path") == ["/v1/api/portfolio/accounts"])
            calls(page).filter.clear()
            calls(page).only_errors.click()
            await until(lambda: column(place, "Outcome") == ["timed out"])
            QTest.keyClicks(calls(page).filter, "nowhere")
            await until(lambda: place.empty.isVisible() and place.empty.title.text() == "No call matches")

    run(walk())


def test_older_calls_come_when_asked_for(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            await opened.log(*(call(number) for number in range(1, 251)))
            page = opened_page(opened)
            page.show_tab("calls")
            place = calls(page).list
            await until(lambda: place.model.rowCount() == 200)
            assert place.count.text() == "the newest 200 shown"
            place.more.click()
            await until(lambda: place.model.rowCount() == 250)
            assert column(place, "No.") == [str(number) for number in range(250, 0, -1)]
            assert not place.more.isVisible()

    run(walk())


def test_a_new_call_appears_by_itself(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            page = opened_page(opened)
            page.show_tab("calls")
            await until(calls(page).list.empty.isVisible)
            await opened.log(call(1))
            opened.desk.hub.publish(CallsLogged(count=1))
            await until(lambda: calls(page).list.model.rowCount() == 1)

    run(walk())


def test_every_control_has_a_name(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            page = opened_page(opened)
            await asyncio.sleep(0.05)
            assert unnamed(page) == []

    run(walk())


def test_the_chain_is_verified_and_a_changed_row_is_named(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            await opened.log(*(call(number) for number in range(1, 6)))
            page = opened_page(opened)
            page.show_tab("calls")
            calls(page).verify.click()
            await until(calls(page).verdict.isVisible)
            assert "all 5 calls" in calls(page).verdict.text.text()
            await opened.database.write(_tamper)
            await until(calls(page).verify.isEnabled)
            calls(page).verify.click()
            await until(lambda: "row 3 was changed" in calls(page).verdict.text.text())

    def _tamper(tx: Any) -> None:
        triggers = tx.exec_driver_sql(
            "select name from sqlite_master where type = 'trigger' and tbl_name = 'ibkr_trading_activity_log'"
        ).scalars()
        for name in list(triggers):
            tx.exec_driver_sql(f"drop trigger {name}")
        tx.exec_driver_sql("update ibkr_trading_activity_log set path = '/elsewhere' where seq = 3")

    run(walk())


def test_csv_keeps_numbers_bare_and_times_exact(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path / "home") as opened:
            await opened.log(call(1), call(2, outcome="=cmd()", status=None))
            page = opened_page(opened)
            page.show_tab("calls")
            await until(lambda: calls(page).list.model.rowCount() == 2)
            calls(page).export.click()
            await until(lambda: bool(_dialogs()))
            dialog = _dialogs()[0]
            assert dialog.selectedFiles()[0].endswith("ibdesk-calls.csv")
            typed = dialog.findChild(QLineEdit, "fileNameEdit")
            assert isinstance(typed, QLineEdit)
            typed.setText(str(tmp_path / "calls.csv"))
            dialog.accept()
            await until((tmp_path / "calls.csv").is_file)
            await until(calls(page).export.isEnabled)
        rows = list(csv.DictReader(io.StringIO((tmp_path / "calls.csv").read_text("utf-8-sig"))))
        assert [row["No."] for row in rows] == ["2", "1"]
        assert rows[1]["In, bytes"] == "1416"
        assert rows[0]["Status"] == ""
        assert rows[0]["Outcome"] == "'=cmd()"
        assert rows[1]["At, UTC"] == "2026-11-20T17:48:08+00:00"

    run(walk())


def test_the_whole_log_is_exported_with_its_hashes(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path / "home") as opened:
            await opened.log(*(call(number) for number in range(1, 251)))
            page = opened_page(opened)
            page.show_tab("calls")
            for name in ("log.csv", "log.jsonl"):
                calls(page).export_all.click()
                await until(lambda: bool(_dialogs()))
                dialog = _dialogs()[0]
                typed = dialog.findChild(QLineEdit, "fileNameEdit")
                assert isinstance(typed, QLineEdit)
                typed.setText(str(tmp_path / name))
                dialog.accept()
                await until((tmp_path / name).is_file)
                await until(calls(page).export_all.isEnabled)
        rows = list(csv.DictReader(io.StringIO((tmp_path / "log.csv").read_text())))
        assert len(rows) == 250 and len(rows[0]["row_hash"]) == 64
        assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 250

    run(walk())


def test_a_hint_is_a_sentence_that_leads_to_its_rows(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            refused = [call(number, status=401, outcome="not_authenticated") for number in range(11, 23)]
            await opened.log(*(call(number) for number in range(1, 11)), *refused, call(23))
            page = opened_page(opened)
            page.show_tab("calls")
            tab = calls(page)
            await until(lambda: len(tab.hints.lines) == 1)
            assert "refused 12 calls in a row" in tab.hints.lines[0].sentence.text()
            tab.hints.lines[0].show_rows.click()
            await until(lambda: column(tab.list, "No.") == [str(number) for number in range(22, 10, -1)])
            assert tab.rows.text() == "Rows 11 to 22" and not tab.list.more.isVisible()
            tab.rows.click()
            await until(lambda: tab.list.model.rowCount() == 23)
            assert not tab.rows.isVisible()

    run(walk())


def test_nothing_unusual_is_said_too(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            await opened.log(call(1))
            page = opened_page(opened)
            page.show_tab("calls")
            await until(lambda: "Nothing unusual" in calls(page).hints.nothing.text())
            assert isinstance(calls(page).hints, HintsPanel)

    run(walk())


def test_what_was_agreed_to_is_listed_with_version_and_time(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        async with rooms_desk(tmp_path) as opened:
            given = Acknowledgment(
                disclosure_id="options-risk", version="2026-11-01", sha256="ab" * 32, statement_sha256="cd" * 32,
                shown_at=NOW, acknowledged_at=NOW, account_hash="ef" * 32, app_version="1.0.0",
            )
            await opened.desk.preferences.acknowledge([given])
            page = opened_page(opened)
            page.show_tab("compliance")
            tab = page.tab("compliance")
            assert isinstance(tab, ComplianceTab)
            await until(lambda: tab.list.model.rowCount() == 1)
            assert column(tab.list, "Disclosure") == ["Options risk"]
            assert column(tab.list, "Version") == ["2026-11-01"]
            assert column(tab.list, "Asked again") == ["2027-11-20"]
            assert column(tab.list, "Acknowledged, UTC") == ["2026-11-20 17:48:07"]

    run(walk())


def _dialogs() -> list[QFileDialog]:
    return [each for each in QApplication.topLevelWidgets() if isinstance(each, QFileDialog) and each.isVisible()]


@pytest.mark.parametrize(("message", "is_scrolled"), [("Kept alive.", False), ("A very long message. " * 20, True)])
def test_there_is_a_bar_to_scroll_only_where_something_is_hidden(
    dressed: QApplication, qtbot: QtBot, message: str, is_scrolled: bool
) -> None:
    place = RecordList("Sessions", SESSIONS, icon="signin", empty="", why="")
    qtbot.addWidget(place)
    place.resize(1190, 300)
    place.show()
    record = SessionRecord(
        at=NOW, environment=Environment.DEMO, status="ready", authenticated=True, competing=False, last_tickle=NOW,
        expires_at=NOW, message=message)
    place.show_records([record], is_all=True)
    QTest.qWait(0)
    assert (place.table.horizontalScrollBar().maximum() > 0) is is_scrolled


@pytest.mark.parametrize("width", [1060, 1220, 1700])
@pytest.mark.parametrize(("fields", "last"), [(RECEIPTS, "Our id"), (EXECUTIONS, "Execution"),
                                              (PRINTS, "Execution id")])  # fmt: skip
def test_what_matters_least_gives_way_so_that_nothing_scrolls_sideways(
    qtbot: QtBot, dressed: QApplication, fields: tuple[Field, ...], last: str, width: int
) -> None:
    table = RecordTable(RecordModel(fields))
    qtbot.addWidget(table)
    table.resize(width, 300)
    table.show()
    table.fit_last()
    hidden = {field.title for at, field in enumerate(fields) if table.isColumnHidden(at)}
    assert table.horizontalScrollBar().maximum() == 0
    assert not hidden & {field.title for field in fields if field.keep == ALWAYS}
    assert not hidden or last in hidden, "the id goes first"
    assert width < 1700 or not hidden
    used = sum(table.columnWidth(at) for at, field in enumerate(fields) if field.title not in hidden)
    assert used == table.viewport().width(), "and no room is left empty"
    assert last in table.model().csv().splitlines()[0], "what is hidden is exported all the same"


def test_a_withheld_column_stays_away_and_comes_back(qtbot: QtBot, dressed: QApplication) -> None:
    table = RecordTable(RecordModel(EXECUTIONS))
    qtbot.addWidget(table)
    table.resize(1700, 300)
    table.show()
    table.withhold(1, True)
    table.resize(1800, 300)
    assert table.isColumnHidden(1)
    table.withhold(1, False)
    assert not table.isColumnHidden(1)


def test_selected_rows_are_copied_with_their_headers(dressed: QApplication) -> None:
    place = RecordList("Sessions", SESSIONS, icon="signin", empty="", why="")
    record = SessionRecord(
        at=NOW, environment=Environment.DEMO, status="ready", authenticated=True, competing=False, last_tickle=NOW,
        expires_at=NOW, message="")
    place.show_records([record], is_all=True)
    QGuiApplication.clipboard().setText("kept")
    QTest.keyClick(place.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "kept"  # nothing is selected yet
    place.table.select_line(0)
    QTest.keyClick(place.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().startswith("At, UTC\tEnvironment\tState")
    assert len(QGuiApplication.clipboard().text().splitlines()) == 2
    shiboken6.delete(place)


@pytest.mark.parametrize("fields", [SYNCS, SESSIONS, CALLS, ACKNOWLEDGMENTS])
def test_a_moment_and_a_duration_fit_their_columns(fields: tuple[Field, ...], qtbot: QtBot) -> None:
    table = RecordTable(RecordModel(fields))
    qtbot.addWidget(table)
    longest = {"Started, UTC": "2026-11-28 08:48:48", "At, UTC": "2026-11-28 08:48:48",
               "Acknowledged, UTC": "2026-11-28 08:48:48", "Took": "888 ms"}
    for at, field in enumerate(fields):
        if field.title in longest:
            needed = table.fontMetrics().horizontalAdvance(longest[field.title]) + 24  # the stylesheet's and the view's
            assert table.columnWidth(at) >= needed, field.title


@pytest.mark.parametrize("fields", [SYNCS, SESSIONS, CALLS, ACKNOWLEDGMENTS])
def test_every_title_fits_its_column_in_both_themes(
    fields: tuple[Field, ...], qtbot: QtBot, dressed: QApplication
) -> None:
    place, table = QWidget(), RecordTable(RecordModel(fields))
    qtbot.addWidget(place)
    QVBoxLayout(place).addWidget(table)
    place.show()
    header = table.horizontalHeader()
    for name in (ThemeName.LIGHT, ThemeName.DARK):
        theme.change(dressed, name=name)
        for at, field in enumerate(fields):
            assert header.sectionSizeHint(at) <= table.columnWidth(at), field.title
