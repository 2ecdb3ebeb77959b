"""What helps others to help: the log as it is read, and the bundle that shows all it holds."""

import asyncio
import zipfile
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

from ibdesk.domain.settings import defaults
from ibdesk.services.support import BundleFile, Support
from ibdesk.services.tasks import Tasks
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.pages.activity.doctor_tab import DoctorTab
from ibdesk.ui.pages.activity.log_tab import LogTab
from ibdesk.ui.support.bundle import BundleDialog, show_bundle
from ibdesk.ui.support.log_view import LogView
from tests.ui.rooms_desk import rooms_desk, unnamed
from tests.ui.sample_desk import StoppedClock, sample_desk
from tests.ui.sample_doctor import WELL, MadeUpKeeper, Patient
from tests.ui.test_activity import opened_page, until
from tests.ui.test_doctor import dialog

Run = Callable[[Coroutine[Any, Any, Any]], Any]
FILES = (
    BundleFile(name="about.txt", text="ibdesk 0.1.0\n"), BundleFile(name="doctor.txt", text="All is well.\n" * 200),
)
LOG = (
    "2026-11-20 17:40:01,000 INFO ibdesk.app the desk opened",
    "2026-11-20 17:41:01,000 WARNING ibdesk.services.sync positions failed",
    "2026-11-20 17:42:01,000 ERROR ibdesk.ui.bridge work failed",
)


def support_in(home: Path, patient: Patient) -> Support:
    """The real service over a log of three lines."""
    (home / "logs").mkdir(parents=True, exist_ok=True)
    (home / "logs" / "ibdesk.log").write_text("\n".join(LOG) + "\n")
    return Support(
        home, clock=StoppedClock(), doctor=patient, gateway=MadeUpKeeper(), settings=defaults,  # type: ignore[arg-type]
    )


def test_the_bundle_shows_every_file_with_its_size(dressed: QApplication) -> None:
    window = BundleDialog(FILES)
    window.show()
    assert [window.names.item(row).text() for row in range(2)] == ["about.txt\n13 bytes", "doctor.txt\n2.6 kB"]
    assert window.text.toPlainText() == "ibdesk 0.1.0\n"
    window.names.setCurrentRow(1)
    window.copy.click()
    assert QGuiApplication.clipboard().text() == FILES[1].text
    assert unnamed(window) == []
    window.hide()
    shiboken6.delete(window)


def test_exactly_what_was_shown_is_written_where_the_person_says(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        support, target = support_in(tmp_path / "home", Patient(WELL)), tmp_path / "bundle.zip"
        desk, parent = sample_desk(), QWidget()
        bridge = Bridge(desk.tasks)
        bridge.start("bundle", show_bundle(support, bridge, parent, None))
        shown = await dialog()
        assert isinstance(shown, BundleDialog)
        texts = {file.name: file.text for file in shown._files}
        shown.save.click()
        asked = await dialog()
        assert isinstance(asked, QFileDialog)
        typed = asked.findChild(QLineEdit, "fileNameEdit")
        assert isinstance(typed, QLineEdit)
        typed.setText(str(target))
        asked.accept()
        await until(target.is_file)
        with zipfile.ZipFile(target) as written:
            assert {name: written.read(name).decode() for name in written.namelist()} == texts
        await desk.tasks.close()
        shiboken6.delete(parent)

    run(walk())


def test_closing_the_preview_writes_nothing(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        support = support_in(tmp_path / "home", Patient(WELL))
        desk, parent = sample_desk(), QWidget()
        bridge = Bridge(desk.tasks)
        bridge.start("bundle", show_bundle(support, bridge, parent, None))
        (await dialog()).reject()
        await until(lambda: not QApplication.activeModalWidget())
        await desk.tasks.close()
        shiboken6.delete(parent)

    run(walk())
    assert not list(tmp_path.rglob("*.zip"))


def test_the_log_follows_its_end_and_filters_by_word_and_level(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        support = support_in(tmp_path / "logged", Patient(WELL))
        async with rooms_desk(tmp_path / "home", support=support) as opened:
            page = opened_page(opened)
            page.show_tab("log")
            tab = page.tab("log")
            assert isinstance(tab, LogTab)
            await until(lambda: tab.view.lines == LOG)
            tab.view.level.setCurrentIndex(2)
            await until(lambda: tab.view.lines == LOG[1:])
            QTest.keyClicks(tab.view.search, "positions")
            await until(lambda: tab.view.lines == (LOG[1],))
            tab.view.search.clear()
            tab.view.level.setCurrentIndex(0)
            with (support.log_folder / "ibdesk.log").open("a") as log:
                log.write("2026-11-20 17:43:01,000 INFO ibdesk.app one more\n")
            await until(lambda: len(tab.view.lines) == 4)
            assert unnamed(page) == []

    run(walk())


def test_a_log_that_is_not_followed_keeps_its_place(run: Run) -> None:
    lines = [f"line {number}" for number in range(200)]

    async def read(_text: str, _level: str) -> Sequence[str]:
        return tuple(lines)

    async def walk() -> None:
        tasks = Tasks()
        view = LogView(Bridge(tasks), read, name="Log", empty="Nothing.", has_levels=False)
        view.resize(400, 200)
        view.show()
        bar = view.text.verticalScrollBar()
        await until(lambda: bool(view.lines))
        assert bar.value() == bar.maximum()
        view.follow.setChecked(False)
        bar.setValue(10)
        lines.append("one more")
        view.refresh()
        await until(lambda: len(view.lines) == 201)
        assert bar.value() == 10
        view.hide()
        await tasks.close()
        shiboken6.delete(view)

    run(walk())


def test_a_log_is_read_once_at_a_time_and_the_last_wish_wins(run: Run) -> None:
    asked: list[str] = []
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def read(text: str, _level: str) -> Sequence[str]:
        asked.append(text)
        begun.set()
        await go_on.wait()
        return (text,)

    async def walk() -> None:
        tasks = Tasks()
        view = LogView(Bridge(tasks), read, name="Log", empty="Nothing.", has_levels=False)
        view.refresh()
        await begun.wait()
        for text in ("a", "ab", "abc"):
            view.search.setText(text)
        go_on.set()
        await until(lambda: view.lines == ("abc",))
        assert asked == ["", "abc"]
        await tasks.close()
        shiboken6.delete(view)

    run(walk())


def test_the_doctor_is_a_tab_that_examines_when_it_is_entered(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        patient = Patient(WELL)
        async with rooms_desk(
            tmp_path / "home", doctor=patient, gateway=MadeUpKeeper(), support=support_in(tmp_path / "logged", patient)
        ) as opened:
            page = opened_page(opened)
            page.show_tab("doctor")
            tab = page.tab("doctor")
            assert isinstance(tab, DoctorTab)
            await until(lambda: tab.view.headline.text() == "All is well")
            tab.view.bundle.click()
            shown = await dialog()
            assert isinstance(shown, BundleDialog)
            assert any("Settings is as it should be." in file.text for file in shown._files)
            shown.reject()
            await until(tab.view.bundle.isEnabled)
            assert patient.examinations == 1

    run(walk())


def test_the_names_of_the_files_stand_clear_of_the_edge(dressed: QApplication) -> None:
    dialog = BundleDialog([BundleFile(name="about.txt", text="ibdesk")])
    dialog.show()
    at = dialog.names.visualItemRect(dialog.names.item(0))
    picture = dialog.names.viewport().grab().toImage()
    ground = picture.pixel(at.left() + 1, at.center().y())
    edge = range(at.left() + 1, at.left() + 9)
    assert all(picture.pixel(x, y) == ground for x in edge for y in range(at.top() + 4, at.bottom() - 4))
    dialog.close()
    shiboken6.delete(dialog)
