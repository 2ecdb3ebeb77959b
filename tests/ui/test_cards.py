"""The cards both rooms share: positions with their states, cash, and the line of freshness."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ibdesk.domain.errors import BadData, Cause, DeskError, NeedsPerson, Refused, Unavailable
from ibdesk.domain.events import LinkChanged
from ibdesk.ui.models.columns import OVERVIEW
from ibdesk.ui.models.view import View
from ibdesk.ui.pages.cash_card import CashCard
from ibdesk.ui.pages.freshness import RECONNECT, SIGN_IN, TAKE_OVER, TRY_AGAIN, AgeLabel, Stopped, way_out
from ibdesk.ui.pages.positions_card import PositionsCard
from tests.ui.sample_book import EUR, NOW, SECOND, page


def one() -> View:
    return View(is_read=True, accounts=(page().account,), all_pages=(page(),))


@pytest.fixture
def kept(tmp_path: Path) -> QSettings:
    return QSettings(str(tmp_path / "cards.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def card(dressed: QApplication, kept: QSettings, qtbot: QtBot) -> PositionsCard:
    made = PositionsCard(OVERVIEW, "A card", kept)
    qtbot.addWidget(made)
    made.resize(1000, 400)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_positions_wait_as_a_skeleton_and_then_appear(card: PositionsCard) -> None:
    card.show_view(View(), NOW)
    assert not card.table.isVisible()
    card.show_view(one(), NOW)
    assert card.table.isVisible()
    assert card.count.text() == "20"


def test_the_quick_filter_by_its_own_button(card: PositionsCard, qtbot: QtBot) -> None:
    card.show_view(one(), NOW)
    card.quick.chosen.emit("Futures")
    assert card.count.text() == "1 of 20"
    assert card.table.position_model.cell(0, 0).text == "ES Dec'26"


def test_the_grouping_is_remembered_and_an_unknown_one_is_ignored(
    card: PositionsCard, kept: QSettings, qtbot: QtBot
) -> None:
    card.group_by("sector")
    card.group_by("nonsense")
    again = PositionsCard(OVERVIEW, "A card", kept)
    qtbot.addWidget(again)
    assert again.table.position_model.wish.group == "sector"
    assert again.group_button.text().startswith("Group: sector")


def test_the_group_menu_offers_what_can_be_grouped(card: PositionsCard) -> None:
    names = [action.text() for action in card.group_menu.actions()]
    assert names == ["None", "Class", "Currency", "Sector"]
    card.group_menu.actions()[2].trigger()
    assert card.table.position_model.wish.group == "currency"


@pytest.mark.parametrize("held", [Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier])
def test_cash_is_copied_as_plain_numbers(
    dressed: QApplication, qtbot: QtBot, held: Qt.KeyboardModifier
) -> None:
    """Qt takes the modifier of the last key for held, and `selectRow` heeds it: one line is chosen whatever it is."""
    made = CashCard()
    qtbot.addWidget(made)
    made.show_view(one())
    qtbot.keyClick(made.table, Qt.Key.Key_Down, held)
    chosen = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
    made.table.selectionModel().setCurrentIndex(made.table.model().index(3, 0), chosen)
    qtbot.keyClick(made.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    head, line = QGuiApplication.clipboard().text().splitlines()
    assert head.split("\t")[:2] == ["Currency", "Cash"]
    assert line.split("\t")[:2] == ["GBP", "-3120.55"]


def test_cash_of_accounts_with_different_bases_has_no_total(dressed: QApplication, qtbot: QtBot) -> None:
    made = CashCard()
    qtbot.addWidget(made)
    pages = (page(), page(SECOND, currency=EUR))
    made.show_view(View(is_read=True, accounts=(page().account,), all_pages=pages))
    assert made.table.rowCount() == 8
    assert made.count.text() == "8"


def test_the_age_warns_when_it_is_old(dressed: QApplication, qtbot: QtBot) -> None:
    label = AgeLabel()
    qtbot.addWidget(label)
    label.show_view(one(), NOW)
    assert (label.text(), label.property("tone")) == ("As of 4 s ago · Client Portal", "muted")
    label.show_view(one(), NOW + timedelta(hours=2))
    assert label.property("tone") == "warn" and label.text().startswith("Old: as of ")
    label.show_view(replace(one(), link=LOST), NOW)
    assert (label.text(), label.property("tone")) == ("Not updating: as of 4 s ago · Client Portal", "warn")
    label.show_view(View(), NOW)
    assert label.text() == ""


@pytest.mark.parametrize(
    ("error", "way"),
    [
        (NeedsPerson("a", remedy="b", cause=Cause.NOT_AUTHENTICATED), SIGN_IN),
        (NeedsPerson("a", remedy="b", cause=Cause.COMPETING_SESSION), TAKE_OVER),
        (NeedsPerson("a", remedy="b", cause=Cause.BROKERAGE_LOST), RECONNECT),
        (NeedsPerson("a", remedy="b", cause=Cause.CERTIFICATE_CHANGED), TRY_AGAIN),
        (Unavailable("a", remedy="b", cause=Cause.TIMED_OUT), TRY_AGAIN),
        (Refused("a", remedy="b", cause=Cause.ACCESS_DENIED), TRY_AGAIN),
    ],
)
def test_every_error_has_one_way_out(error: DeskError, way: tuple[str, str]) -> None:
    assert way_out(error) == way


LOST = LinkChanged(
    source="portal", is_up=False, since=NOW - timedelta(seconds=40), next_try=NOW + timedelta(seconds=12),
    reason="The gateway does not answer.")


def test_a_lost_connection_says_when_it_is_tried_again_and_offers_to_try_now(
    dressed: QApplication, qtbot: QtBot
) -> None:
    stopped = Stopped()
    qtbot.addWidget(stopped.banner)
    wanted: list[str] = []
    stopped.wanted.connect(wanted.append)
    stopped.show_view(replace(one(), link=LOST), NOW)
    assert stopped.banner.text.text() == "The gateway does not answer."
    assert stopped.banner.detail.text() == "Lost 40 s ago. Next try in 12 s. Shown: as of 4 s ago."
    stopped.banner.button.click()
    assert wanted == ["try-now"]


def test_a_desk_that_was_just_opened_has_lost_nothing_yet(dressed: QApplication, qtbot: QtBot) -> None:
    stopped = Stopped()
    qtbot.addWidget(stopped.banner)
    arriving = replace(LOST, since=NOW)
    stopped.show_view(replace(one(), link=arriving), NOW + timedelta(seconds=9))
    assert stopped.banner.isHidden()
    stopped.show_view(replace(one(), link=arriving, was_up=True), NOW + timedelta(seconds=1))
    assert not stopped.banner.isHidden()
    stopped.show_view(replace(one(), link=arriving), NOW + timedelta(seconds=10))
    assert not stopped.banner.isHidden()


def test_an_announced_outage_is_calm_and_asks_for_nothing(dressed: QApplication, qtbot: QtBot) -> None:
    stopped = Stopped()
    qtbot.addWidget(stopped.banner)
    until = NOW + timedelta(minutes=30)
    stopped.show_view(replace(one(), link=replace(LOST, expected_until=until)), NOW)
    assert stopped.banner.property("tone") == "accent"
    assert "maintenance until" in stopped.banner.text.text()
    assert stopped.banner.detail.text().startswith("ibdesk resumes by itself.")
    assert stopped.banner.button.isHidden()


def test_a_session_that_is_back_says_that_the_account_is_read(dressed: QApplication, qtbot: QtBot) -> None:
    stopped = Stopped()
    qtbot.addWidget(stopped.banner)
    stopped.show_view(replace(one(), link=LOST, is_ready=True), NOW)
    assert stopped.banner.text.text() == "The session is ready. The account is being read anew."
    assert stopped.banner.detail.text() == "The gateway does not answer. Lost 40 s ago. Shown: as of 4 s ago."
    assert stopped.banner.button.isHidden()


def test_locked_out_and_then_lost_says_what_is_known_and_that_nothing_is_asked(
    dressed: QApplication, qtbot: QtBot
) -> None:
    stopped = Stopped()
    qtbot.addWidget(stopped.banner)
    until = NOW + timedelta(minutes=15)
    stopped.show_view(replace(one(), link=LOST, is_ready=True, boxed_until=until), NOW)
    assert stopped.banner.text.text() == (
        f"Locked out by the broker: nothing is asked until {until.astimezone():%H:%M}.")
    assert stopped.banner.detail.text() == (
        "Last known: The gateway does not answer. Lost 40 s ago. Then the session is asked, and the account is read "
        "anew by itself. Shown: as of 4 s ago.")
    assert stopped.banner.button.isHidden()
    stopped.show_view(replace(one(), link=LOST, is_ready=True, boxed_until=until), until)
    assert stopped.banner.text.text() == "The session is ready. The account is being read anew."


def test_a_lost_connection_that_needs_a_person_asks_for_what_helps(dressed: QApplication, qtbot: QtBot) -> None:
    stopped = Stopped()
    qtbot.addWidget(stopped.banner)
    error = NeedsPerson("Signed out.", remedy="Sign in.", cause=Cause.NOT_AUTHENTICATED)
    stopped.show_view(replace(one(), link=LOST, problem=error), NOW)
    assert stopped.banner.button.text() == "Sign in"


def test_a_web_page_at_the_gateways_address_is_no_dead_gateway_and_leads_to_the_doctor(
    dressed: QApplication, qtbot: QtBot
) -> None:
    stopped = Stopped()
    qtbot.addWidget(stopped.banner)
    wanted: list[str] = []
    stopped.wanted.connect(wanted.append)
    error = BadData("A web page came back instead of data.", remedy="Check the port.", cause=Cause.NOT_A_GATEWAY)
    stopped.show_view(replace(one(), link=LOST, problem=error), NOW)
    assert stopped.banner.text.text() == "Something else answers at this address."
    assert stopped.banner.detail.text().startswith("A web page came back instead of data. Check the port.")
    stopped.banner.button.click()
    assert wanted == ["activity:doctor"]


def test_what_is_stored_is_named_beside_the_error(dressed: QApplication, qtbot: QtBot) -> None:
    stopped = Stopped()
    qtbot.addWidget(stopped.banner)
    error = Unavailable("No gateway answers.", remedy="Start it.", cause=Cause.GATEWAY_NOT_RUNNING)
    stopped.show_view(replace(one(), failures={None: error}), NOW)
    assert stopped.banner.detail.text() == "Start it. Shown: as of 4 s ago."
    stopped.show_view(one(), NOW)
    assert stopped.banner.isHidden()
