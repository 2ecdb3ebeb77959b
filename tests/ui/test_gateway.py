"""The gateway in the window: its card, its log, its conf.yaml, and the questions before each act."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QWidget

from ibdesk.domain.diagnosis import GatewayProcess
from ibdesk.domain.errors import Refused
from ibdesk.services.gateway_conf import changed, read_conf
from ibdesk.services.tasks import Tasks
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.gateway.acts import GatewayActs
from ibdesk.ui.gateway.card import GatewayCard
from ibdesk.ui.gateway.change_view import marked_lines
from ibdesk.ui.gateway.conf_dialog import ConfDialog
from ibdesk.ui.gateway.log_dialog import GatewayLogDialog
from ibdesk.ui.gateway.wording import demo_words, words_of
from tests.ui.rooms_desk import unnamed
from tests.ui.sample_desk import NOW, StoppedClock, sample_desk
from tests.ui.sample_doctor import SHIPPED, MadeUpKeeper, gateway_folder
from tests.ui.test_activity import until
from tests.ui.test_doctor import dialog

Run = Callable[[Coroutine[Any, Any, Any]], Any]
RUNS = GatewayProcess(is_running=True, ours=True, pid=4711, owner="java", since=NOW - timedelta(hours=2), port=5000)


@contextmanager
def conf_dialog(path: Path, **parts: Any) -> Iterator[ConfDialog]:
    made = ConfDialog(read_conf(path), StoppedClock(), **parts)
    made.show()
    yield made
    made.hide()
    shiboken6.delete(made)


@contextmanager
def acting(keeper: MadeUpKeeper) -> Iterator[tuple[GatewayActs, Bridge]]:
    desk = sample_desk()
    parent = QWidget()
    bridge = Bridge(desk.tasks)
    yield GatewayActs(keeper, bridge, parent, clock=desk.clock), bridge  # type: ignore[arg-type]
    shiboken6.delete(parent)


@pytest.mark.parametrize(
    ("process", "folder", "title", "detail", "buttons"),
    [
        (None, None, "Gateway", "Not looked at yet", (False, False)),
        (GatewayProcess(is_running=False, port=5000), None, "The gateway is not running",
         "choose the folder where it was unpacked · port 5000", (False, False)),
        (GatewayProcess(is_running=False, port=5000), Path("/x/gw"), "The gateway is not running",
         "folder gw · port 5000", (True, False)),
        (GatewayProcess(is_running=True, ours=True, starting=True, pid=7, port=5000), Path("/x/gw"),
         "The gateway is starting", "it answers in some seconds · port 5000 · process 7", (False, True)),
        (RUNS, Path("/x/gw"), "The gateway is running for 2 h", "started by ibdesk · port 5000 · process 4711",
         (False, True)),
        (GatewayProcess(is_running=False, owner="ControlCenter", pid=9, port=5000,
                        detail="Port 5000 belongs to ControlCenter (process 9)."), Path("/x/gw"),
         "The port belongs to ControlCenter", "Port 5000 belongs to ControlCenter (process 9).", (False, False)),
    ],
)
def test_each_state_has_its_words_and_its_buttons(
    dressed: QApplication, process: GatewayProcess | None, folder: Path | None, title: str, detail: str,
    buttons: tuple[bool, bool],
) -> None:
    words = words_of(process, folder, NOW)
    assert (words.title, words.detail) == (title, detail)
    card = GatewayCard()
    card.show()
    card.draw(process, folder, NOW)
    assert (card.start.isVisible(), card.stop.isVisible()) == buttons
    assert card.conf.isVisible() is (folder is not None)
    assert unnamed(card) == []
    shiboken6.delete(card)


def test_the_demos_gateway_is_started_again_and_nothing_else() -> None:
    assert not demo_words(RUNS).can_start
    stopped = demo_words(GatewayProcess(is_running=False))
    assert stopped.can_start
    assert not stopped.can_stop


def pick(asked: QFileDialog, folder: Path) -> None:
    typed = asked.findChild(QLineEdit, "fileNameEdit")
    assert isinstance(typed, QLineEdit)
    typed.setText(str(folder))
    asked.accept()


def test_start_asks_for_the_folder_first(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        folder, keeper = gateway_folder(tmp_path), MadeUpKeeper()
        with acting(keeper) as (acts, bridge):
            done: list[bool] = []

            async def start() -> None:
                done.append(await acts.start())

            bridge.start("start", start())
            asked = await dialog()
            assert isinstance(asked, QFileDialog)
            pick(asked, folder)
            await until(lambda: done == [True])
            assert keeper.asked == ["start"]
            assert keeper.folder == folder

    run(walk())


def test_a_folder_without_a_gateway_is_refused_with_what_is_missing(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        keeper = MadeUpKeeper()
        (tmp_path / "empty").mkdir()
        with acting(keeper) as (acts, bridge):
            refused: list[str] = []

            async def choose() -> None:
                try:
                    await acts.choose()
                except Refused as error:
                    refused.append(error.message)

            bridge.start("choose", choose())
            asked = await dialog()
            assert isinstance(asked, QFileDialog)
            pick(asked, tmp_path / "empty")
            await until(lambda: bool(refused))
            assert refused[0].endswith("bin/run.sh or bin/run.bat and root/conf.yaml not found there.")

    run(walk())


def test_stop_asks_and_says_when_somebody_else_started_it(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        stranger = GatewayProcess(is_running=True, ours=False, pid=99, port=5000)
        keeper = MadeUpKeeper(gateway_folder(tmp_path), process=stranger)
        with acting(keeper) as (acts, bridge):
            answers: list[bool] = []

            async def stop() -> None:
                answers.append(await acts.stop())

            bridge.start("stop", stop())
            asked = await dialog()
            texts = " ".join(label.text() for label in asked.findChildren(QWidget) if hasattr(label, "text"))
            assert "process 99" in texts
            assert "ibdesk did not start it" in texts
            asked.reject()
            await until(lambda: answers == [False])
            assert keeper.asked == []
            bridge.start("stop", stop())
            (await dialog()).accept()
            await until(lambda: answers == [False, True])
            assert keeper.asked == ["stop, confirmed True"]

    run(walk())


def test_restart_asks_then_stops_and_starts(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        keeper = MadeUpKeeper(gateway_folder(tmp_path), process=RUNS)
        with acting(keeper) as (acts, bridge):
            answers: list[bool] = []

            async def restart() -> None:
                answers.append(await acts.do("restart"))

            bridge.start("restart", restart())
            asked = await dialog()
            assert asked.windowTitle() == "Restart the gateway?"
            asked.accept()
            await until(lambda: answers == [True])
            assert keeper.asked == ["stop, confirmed True", "start"]

    run(walk())


def test_an_open_door_is_seen_and_agreed_to_before_the_gateway_starts(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        keeper = MadeUpKeeper(gateway_folder(tmp_path))
        assert keeper.conf is not None
        everybody = ("127.0.0.1", "0.0.0.0")  # noqa: S104 - what people write there
        keeper.conf.write_text(changed(read_conf(keeper.conf), allow=everybody, listen_ssl=False))
        with acting(keeper) as (acts, bridge):
            answers: list[bool] = []

            async def start(name: str = "start") -> None:
                answers.append(await acts.do(name))

            bridge.start("start", start())
            asked = await dialog()
            assert asked.windowTitle() == "Start the gateway with this conf.yaml?"
            texts = " ".join(label.text() for label in asked.findChildren(QWidget) if hasattr(label, "text"))
            assert "listenSsl is off" in texts and "ips.allow holds 0.0.0.0" in texts
            asked.reject()
            await until(lambda: answers == [False])
            assert keeper.asked == []
            bridge.start("start", start())
            (await dialog()).accept()
            await until(lambda: answers == [False, True])
            assert keeper.asked == ["start"]
            bridge.start("restart", start("restart"))
            (await dialog()).reject()
            await until(lambda: answers == [False, True, False])
            assert keeper.asked == ["start"]

    run(walk())


def test_the_log_is_searched_and_copied(run: Run) -> None:
    async def walk() -> None:
        tasks = Tasks()
        window = GatewayLogDialog(MadeUpKeeper(), Bridge(tasks))  # type: ignore[arg-type]
        window.show()
        await until(lambda: len(window.view.lines) == 40)
        QTest.keyClicks(window.view.search, "vert")
        await until(lambda: len(window.view.lines) == 20)
        window.view.copy.click()
        assert QGuiApplication.clipboard().text().splitlines()[0] == "line 2 of Vert.x"
        window.view.search.setText("nothing like it")
        await until(lambda: window.view.lines == ())
        assert not window.view.copy.isEnabled()
        assert unnamed(window) == []
        window.hide()
        await tasks.close()
        shiboken6.delete(window)

    run(walk())


def test_what_is_wrong_is_said_beside_its_field_while_typing(dressed: QApplication, tmp_path: Path) -> None:
    path = gateway_folder(tmp_path) / "root" / "conf.yaml"
    with conf_dialog(path, port=5000) as window:
        notes = {key: note.text() for key, note in window.form.notes.items()}
        assert "lets other computers in: 192.*, 131.216.*" in notes["ips.allow"]
        assert not window.save.isEnabled()
        field = window.form.lines["ips.allow"]
        field.selectAll()
        QTest.keyClicks(field, "0.0.0.0")  # noqa: S104 - what people write there
        assert window.form.notes["ips.allow"].text().startswith("✕")
        field.selectAll()
        QTest.keyClicks(field, "127.0.0.1")
        assert window.form.notes["ips.allow"].text() == "Who may use your session. 127.0.0.1 alone is enough."
        assert window.save.isEnabled()
        QTest.keyClicks(window.form.lines["ips.deny"], ", nonsense!")
        assert "nonsense!" in window.form.notes["ips.deny"].text()
        assert "nonsense!" not in window.form.notes["ips.allow"].text()
        assert not window.save.isEnabled()
        window.form.ssl.click()
        window.form.lines["ips.deny"].setText("")
        window.form.edited.emit()
        assert "listenSsl is off" in window.form.notes["listenSsl"].text()


def test_the_change_is_shown_before_it_is_saved_and_the_old_file_is_kept(
    dressed: QApplication, tmp_path: Path
) -> None:
    path = gateway_folder(tmp_path) / "root" / "conf.yaml"
    with conf_dialog(path, port=5000, can_restart=True) as window:
        port = window.form.lines["listenPort"]
        port.selectAll()
        QTest.keyClicks(port, "5055")
        shown = window.change.toPlainText().splitlines()
        assert "− listenPort: 5000" in shown
        assert "+ listenPort: 5055" in shown
        assert path.read_text() == SHIPPED
        window.save.click()
        assert path.read_text() == SHIPPED.replace("5000\nlistenSsl", "5055\nlistenSsl")
        backups = list(path.parent.glob("conf.yaml.*.bak"))
        assert [backup.read_text() for backup in backups] == [SHIPPED]
        assert window.banner.text.text() == "Saved. Restart the gateway to use it."
        assert backups[0].name in window.banner.detail.text()
        assert not window.save.isEnabled()
        wished: list[bool] = []
        window.restart_wanted.connect(lambda: wished.append(True))
        window.banner.button.click()
        assert wished == [True]


def test_the_safe_values_are_one_press(dressed: QApplication, tmp_path: Path) -> None:
    path = gateway_folder(tmp_path, SHIPPED.replace("listenSsl: true", "listenSsl: false")) / "root" / "conf.yaml"
    with conf_dialog(path) as window:
        window.safe.click()
        window.save.click()
        conf = read_conf(path)
        assert (conf.listen_ssl, conf.allow) == (True, ("127.0.0.1",))
        assert not window.safe.isEnabled()


def test_a_file_that_cannot_be_read_is_shown_and_not_changed(dressed: QApplication, tmp_path: Path) -> None:
    path = gateway_folder(tmp_path, "listenPort: [5000\n") / "root" / "conf.yaml"
    with conf_dialog(path) as window:
        assert "cannot be read" in window.banner.text.text()
        assert not window.form.isEnabled()
        assert not window.save.isEnabled()
        assert "listenPort: [5000" in window.change.toPlainText()


def test_every_control_of_the_editor_has_a_name_and_escape_leaves(dressed: QApplication, tmp_path: Path) -> None:
    with conf_dialog(gateway_folder(tmp_path) / "root" / "conf.yaml") as window:
        assert unnamed(window) == []
        QTest.keyClick(window, Qt.Key.Key_Escape)
        assert not window.isVisible()


def test_a_file_without_a_change_has_no_marks() -> None:
    assert {sign for sign, _line in marked_lines(SHIPPED, SHIPPED)} == {" "}


def test_editing_begins_at_the_key_that_has_trouble(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        with acting(MadeUpKeeper(gateway_folder(tmp_path))) as (acts, bridge):

            async def edit() -> None:
                await acts.edit_conf("ips.allow")

            bridge.start("edit", edit())
            window = await dialog()
            assert isinstance(window, ConfDialog)
            assert window.focusWidget() is window.form.lines["ips.allow"]
            window.reject()
            await until(lambda: not QApplication.activeModalWidget())

    run(walk())
