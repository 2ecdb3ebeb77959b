"""The doctor's page: findings as they come, what answers a complaint, and the button of each finding."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog

from ibdesk.domain.accounts import Environment
from ibdesk.domain.diagnosis import ANSWERS, Check, Complaint, Examined, Fix, GatewayProcess, Report, Verdict
from ibdesk.domain.events import GatewayChanged
from ibdesk.ui.bridge import Bridge
from ibdesk.ui.doctor.complaints import ComplaintList
from ibdesk.ui.doctor.findings import FindingsList
from ibdesk.ui.doctor.row import ExaminedRow
from ibdesk.ui.doctor.view import DoctorView
from ibdesk.ui.doctor.wording import COMPLAINTS, GROUPS, MARKS, TITLES, VERBS, as_text, headline
from ibdesk.ui.pages.help import HelpDialog, help_text
from tests.ui.rooms_desk import unnamed
from tests.ui.sample_desk import NOW, sample_desk
from tests.ui.sample_doctor import DEAD, WELL, MadeUpKeeper, Patient, gateway_folder
from tests.ui.test_activity import until

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@contextmanager
def opened(patient: Patient, keeper: MadeUpKeeper, **parts: Any) -> Iterator[tuple[DoctorView, Bridge]]:
    desk = sample_desk(Environment.PAPER, **parts)
    bridge = Bridge(desk.tasks)
    bridge.listen(desk.hub)
    view = DoctorView(desk, bridge, doctor=patient, keeper=keeper)  # type: ignore[arg-type]
    view.resize(1048, 700)
    view.show()
    try:
        yield view, bridge
    finally:
        bridge.deafen()
        shiboken6.delete(view)


def checks(view: DoctorView) -> list[Check]:
    return [row.check for row in view.findings.rows]


async def dialog() -> QDialog:
    def shown() -> list[QDialog]:
        return [each for each in QApplication.topLevelWidgets() if isinstance(each, QDialog) and each.isVisible()]

    await until(lambda: bool(shown()))
    return shown()[0]


def test_everything_has_its_words() -> None:
    assert set(TITLES) == set(Check)
    assert set(VERBS) == set(Fix)
    assert set(MARKS) == set(Verdict)
    assert set(COMPLAINTS) == set(Complaint)
    assert [check for _title, members in GROUPS for check in members] == list(Check)


def test_before_an_examination_every_check_waits(run: Run) -> None:
    async def walk() -> None:
        with opened(Patient(WELL), MadeUpKeeper()) as (view, _bridge):
            assert checks(view) == list(Check)
            assert all(row.examined is None for row in view.findings.rows)
            assert not view.copy.isEnabled()
            assert view.headline.text() == "Nothing was examined yet"
            await view.arrive()
            assert [row.examined for row in view.findings.rows] == list(WELL)
            assert view.headline.text() == "All is well"

    run(walk())


def test_a_first_visit_examines_and_a_second_does_not(run: Run) -> None:
    async def walk() -> None:
        patient = Patient(WELL)
        with opened(patient, MadeUpKeeper()) as (view, _bridge):
            await view.arrive()
            await view.arrive()
            assert patient.examinations == 1
            view.examine_button.click()
            await until(lambda: patient.examinations == 2 and view.examine_button.isEnabled())

    run(walk())


def test_the_worst_finding_is_the_headline_and_its_button_the_next_thing_to_do(run: Run) -> None:
    async def walk() -> None:
        with opened(Patient(DEAD), MadeUpKeeper()) as (view, _bridge):
            await view.arrive()
            assert view.headline.text() == "The gateway does not run."
            assert view.sentence.text() == "Start it; then sign in on its page. And 1 more to look at below."
            weights = {row.check: row.button.property("kind") for row in view.findings.rows if row.button.text()}
            assert weights == {Check.GATEWAY_CONF: "", Check.GATEWAY_PROCESS: "primary"}

    run(walk())


def test_a_complaint_shows_only_what_answers_it_in_the_documents_order(run: Run) -> None:
    async def walk() -> None:
        with opened(Patient(WELL), MadeUpKeeper()) as (view, _bridge):
            await view.arrive()
            for complaint in Complaint:
                view.show_about(complaint)
                assert checks(view) == list(ANSWERS[complaint])
                assert view.about.text() == COMPLAINTS[complaint][1]
            view.show_about(None)
            assert checks(view) == list(Check)
            assert not view.about.isVisible()

    run(walk())


def test_each_complaint_has_its_place_in_the_help(run: Run) -> None:
    async def walk() -> None:
        with opened(Patient(WELL), MadeUpKeeper()) as (view, _bridge):
            await view.arrive()
            assert not view.more.isVisible()
            for complaint in Complaint:
                assert f"## {COMPLAINTS[complaint][0]}\n" in help_text("trouble")
            view.show_about(Complaint.EXPIRES_OFTEN)
            view.more.click()
            shown = await dialog()
            assert isinstance(shown, HelpDialog)
            assert shown.topics.currentItem().text() == "When something does not work"
            top = shown.text.cursorForPosition(QPoint(4, 30)).block().text()
            assert top == "Session expires frequently"
            shown.accept()
            await until(lambda: not QApplication.activeModalWidget())

    run(walk())


def test_each_complaint_is_marked_with_the_verdict_of_its_checks(dressed: QApplication) -> None:
    choice = ComplaintList()
    choice.show_results(DEAD)
    words = {choice.item(row).text(): choice.item(row).toolTip() for row in range(choice.count())}
    assert words["Gateway not running"] == "trouble"
    assert words["Invalid credentials"] == "nothing found"
    assert words["Orders not executing"] == "not examined yet"
    shiboken6.delete(choice)


def test_a_check_with_two_findings_has_two_rows(run: Run) -> None:
    async def walk() -> None:
        conf = next(each for each in DEAD if each.check is Check.GATEWAY_CONF)
        second = replace(conf, statement="listenSsl is off.", target="listenSsl")
        with opened(Patient((conf, second)), MadeUpKeeper()) as (view, _bridge):
            await view.arrive()
            assert [row.statement.text() for row in view.findings.rows] == [conf.statement, second.statement]

    run(walk())


def test_the_facts_are_folded_until_asked_for(dressed: QApplication) -> None:
    row = ExaminedRow(Check.GATEWAY_PROCESS)
    row.show_result(DEAD[4])
    row.show()
    assert not row.evidence.isVisible()
    row.more.click()
    assert row.evidence.isVisible()
    assert "no process listens on port 5000" in row.evidence.text()
    row.more.click()
    assert not row.evidence.isVisible()
    assert row.accessibleName() == "Gateway process: Trouble"
    shiboken6.delete(row)


def test_waiting_has_no_button(dressed: QApplication) -> None:
    row = ExaminedRow(Check.BROKERAGE)
    row.show_result(Examined(check=Check.BROKERAGE, verdict=Verdict.EXPECTED, statement="Nightly maintenance.",
                             advice="ibdesk resumes by itself at 00:30.", fix=Fix.WAIT))
    row.show()
    assert not row.button.isVisible()
    assert row.word.text() == "Expected"
    shiboken6.delete(row)


def test_the_place_in_the_list_stays(dressed: QApplication) -> None:
    findings = FindingsList()
    findings.resize(600, 200)
    findings.show()
    findings.show_results(WELL, None, is_whole=True)
    dressed.processEvents()
    findings.verticalScrollBar().setValue(120)
    findings.show_results(WELL, None, is_whole=True)
    dressed.processEvents()
    assert findings.verticalScrollBar().value() == 120
    shiboken6.delete(findings)


def test_start_gateway_starts_it_and_examines_again(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        patient, keeper = Patient(DEAD), MadeUpKeeper(gateway_folder(tmp_path))
        with opened(patient, keeper) as (view, _bridge):
            await view.arrive()
            row = next(row for row in view.findings.rows if row.check is Check.GATEWAY_PROCESS)
            row.button.click()
            await until(lambda: patient.examinations == 2 and view.examine_button.isEnabled())
            assert keeper.asked == ["start"]
            await until(lambda: view.card.state.text() == "The gateway is running for 2 h")
            assert view.card.stop.isVisible()
            assert not view.card.start.isVisible()

    run(walk())


def test_in_the_demo_start_gateway_brings_the_demo_back(run: Run) -> None:
    from ibdesk.services.demo_faults import DemoFault

    folderless = tuple(
        replace(each, fix=Fix.CHOOSE_FOLDER) if each.check in (Check.GATEWAY_FOLDER, Check.GATEWAY_PROCESS) else each
        for each in DEAD
    )

    async def walk() -> None:
        healed: list[str] = []

        async def heal() -> None:
            healed.append("healed")

        faults = (DemoFault(name="heal", title="Heal everything", help="", run=heal),)
        with opened(Patient(folderless), MadeUpKeeper(), faults=faults) as (view, _bridge):
            await view.arrive()
            assert view.card.state.text() == "The demo gateway was stopped"
            assert not view.card.folder.isVisible()
            folder, process = (
                next(row.examined for row in view.findings.rows if row.check is check)
                for check in (Check.GATEWAY_FOLDER, Check.GATEWAY_PROCESS)
            )
            assert folder is not None and folder.verdict is Verdict.GOOD
            assert process is not None and process.fix is Fix.START_GATEWAY
            view.card.start.click()
            await until(lambda: healed == ["healed"])
            await until(view.examine_button.isEnabled)

    run(walk())


@pytest.mark.parametrize(
    ("fix", "target", "command"),
    [
        (Fix.SIGN_IN, "", "sign-in"), (Fix.OPEN_BROKERAGE, "", "reconnect"), (Fix.TAKE_OVER, "", "take-over"),
        (Fix.CONNECT, "", "connect"), (Fix.TRUST_CERTIFICATE, "", "connect"), (Fix.SYNC_NOW, "", "sync"),
        (Fix.OPEN_SETTING, "tickle_interval", "setting:tickle_interval"), (Fix.SHOW_ACTIVITY, "", "activity:calls"),
        (Fix.SHOW_ACTIVITY, "syncs", "activity:syncs"),
    ],
)
def test_a_fix_of_the_desk_is_one_of_its_commands(run: Run, fix: Fix, target: str, command: str) -> None:
    async def walk() -> None:
        found = Examined(check=Check.SIGN_ON, verdict=Verdict.BAD, statement="No.", fix=fix, target=target)
        with opened(Patient((found,)), MadeUpKeeper()) as (view, bridge):
            asked: list[str] = []
            bridge.command.connect(asked.append)
            await view.arrive()
            view.findings.rows[0].button.click()
            await until(lambda: asked == [command])

    run(walk())


@pytest.mark.parametrize(("fix", "target"), [(Fix.USE_PORT, "4002"), (Fix.USE_CLIENT_ID, "3")])
def test_a_free_client_id_or_another_port_of_tws_is_set_with_one_press(run: Run, fix: Fix, target: str) -> None:
    async def walk() -> None:
        check = Check.TWS_PORT if fix is Fix.USE_PORT else Check.TWS_CLIENT_ID
        found = Examined(check=check, verdict=Verdict.BAD, statement="No.", fix=fix, target=target)
        with opened(Patient((found,)), MadeUpKeeper()) as (view, _bridge):
            await view.arrive()
            view.findings.rows[0].button.click()
            preferences = view._desk.preferences
            name = "tws_port" if fix is Fix.USE_PORT else "tws_client_id"
            await until(lambda: str(getattr(preferences.sourced.settings, name)) == target)

    run(walk())


@pytest.mark.parametrize(
    ("fix", "title"), [(Fix.TWS_HELP, "TWS and IB Gateway"), (Fix.AVOID_DISCONNECTS, "Avoid disconnects")]
)
def test_what_is_set_at_tws_has_its_page_of_help(run: Run, fix: Fix, title: str) -> None:
    async def walk() -> None:
        found = Examined(check=Check.TWS_SIGN_IN, verdict=Verdict.BAD, statement="No.", fix=fix)
        with opened(Patient((found,)), MadeUpKeeper()) as (view, _bridge):
            await view.arrive()
            view.findings.rows[0].button.click()
            shown = await dialog()
            assert isinstance(shown, HelpDialog)
            assert shown.topics.currentItem().text() == title
            shown.accept()

    run(walk())


def test_moving_the_port_asks_then_rewrites_both_sides(run: Run, tmp_path: Path) -> None:
    async def walk() -> None:
        found = Examined(check=Check.PORT_OWNER, verdict=Verdict.BAD, statement="Port 5000 belongs to ControlCenter.",
                         fix=Fix.MOVE_PORT, target="5000")
        keeper = MadeUpKeeper(gateway_folder(tmp_path))
        desk_parts: dict[str, Any] = {}
        with opened(Patient((found,)), keeper, **desk_parts) as (view, _bridge):
            await view.arrive()
            view.findings.rows[0].button.click()
            asked = await dialog()
            assert asked.windowTitle() == "Move the gateway away from port 5000?"
            asked.accept()
            await until(lambda: keeper.asked == ["move"])
            preferences = view._desk.preferences
            await until(lambda: preferences.sourced.settings.gateway_port == 5001)
            await until(view.examine_button.isEnabled)

    run(walk())


def test_java_and_the_gateway_are_fetched_in_the_browser(run: Run) -> None:
    async def walk() -> None:
        found = tuple(
            Examined(check=Check.JAVA, verdict=Verdict.BAD, statement="None.", fix=fix)
            for fix in (Fix.GET_JAVA, Fix.DOWNLOAD_GATEWAY)
        )
        with opened(Patient(found), MadeUpKeeper()) as (view, _bridge):
            await view.arrive()
            for row in view.findings.rows:
                row.button.click()
            shown: list[str] = view._desk.connector.shown  # type: ignore[attr-defined]
            await until(lambda: len(shown) == 2)
            assert all(address.startswith("https://") for address in shown)

    run(walk())


def test_cookies_are_cleared_on_the_gateways_own_page_after_a_yes(run: Run) -> None:
    async def walk() -> None:
        found = Examined(check=Check.SIGN_ON, verdict=Verdict.WARN, statement="A loop.", fix=Fix.CLEAR_COOKIES)
        with opened(Patient((found,)), MadeUpKeeper()) as (view, _bridge):
            await view.arrive()
            view.findings.rows[0].button.click()
            (await dialog()).accept()
            shown: list[str] = view._desk.connector.shown  # type: ignore[attr-defined]
            await until(lambda: shown == ["https://localhost:5000/clear"])

    run(walk())


def test_a_change_of_the_gateway_shows_at_once(run: Run) -> None:
    async def walk() -> None:
        with opened(Patient(WELL), MadeUpKeeper()) as (view, _bridge):
            process = GatewayProcess(is_running=True, ours=True, starting=True, pid=4711, port=5000)
            view._desk.hub.publish(GatewayChanged(process=process))
            await until(lambda: view.card.state.text() == "The gateway is starting")

    run(walk())


def test_the_report_is_copied_without_whole_account_numbers(run: Run) -> None:
    async def walk() -> None:
        with opened(Patient(DEAD), MadeUpKeeper()) as (view, _bridge):
            await view.arrive()
            view.copy.click()
            text = QGuiApplication.clipboard().text()
            assert "✕ Gateway process: The gateway does not run." in text
            assert "→ Start it; then sign in on its page." in text
            assert "DU7654321" not in text
            assert "DU•••4321" in text

    run(walk())


def test_a_report_of_nothing_known_says_how_many(dressed: QApplication) -> None:
    unknown = tuple(replace(each, verdict=Verdict.UNKNOWN) for each in WELL[:3])
    assert headline(unknown)[0] == "3 of 3 checks could not be made"
    title, sentence = headline((*unknown[:1], *WELL[1:4]))
    assert title == "Nothing wrong was found"
    assert sentence == "3 checks are good; 1 could not be made: Settings."
    assert "? Settings" in as_text(Report(at=NOW, results=unknown))


def test_every_control_has_a_name(run: Run) -> None:
    async def walk() -> None:
        with opened(Patient(DEAD), MadeUpKeeper()) as (view, _bridge):
            await view.arrive()
            assert unnamed(view) == []

    run(walk())
