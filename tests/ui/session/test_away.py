"""The card of what an outage hid."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ibdesk.domain.away import AwayReport, FigureChange, HoldingChange
from ibdesk.domain.instruments import Conid
from ibdesk.ui import theme
from ibdesk.ui.session.away import SHOWN, AwayCard
from ibdesk.ui.theme import Theme
from tests.ui.sample_desk import MAIN, NOW, SMALL


def holding(number: int, account=MAIN) -> HoldingChange:
    return HoldingChange(
        account=account, conid=Conid(number), symbol=f"SYM{number}", before=Decimal(100), after=Decimal(100 + number))


REPORT = AwayReport(
    since=NOW, until=NOW + timedelta(minutes=7), reason="The gateway did not answer.",
    as_of=NOW + timedelta(minutes=7), holdings=tuple(holding(number) for number in range(1, SHOWN + 3)),
    figures=(FigureChange(
        account=MAIN, name="Net liquidation", currency="USD", before=Decimal("1284930.42"),
        after=Decimal("1281004.10")),),
    unknown=("The equity curve has no points between 17:48 and 17:55 UTC.",),
)


@pytest.fixture
def card(dressed, qtbot) -> AwayCard:
    made = AwayCard()
    qtbot.addWidget(made)
    return made


def test_it_says_when_why_what_changed_and_what_nobody_knows(card):
    assert not card.isVisible()
    card.show_report(REPORT)
    said = "\n".join(card.texts)
    assert "(7 min)" in said
    assert "· The gateway did not answer" in said
    assert "5 holdings changed · 1 figure changed" in card.accessibleDescription()
    assert "$1,284,930.42" in said and "$1,281,004.10" in said
    assert "SYM1" in said and "101" in said
    assert REPORT.unknown[0] in said


def test_an_outage_that_hid_nothing_says_so(card):
    card.show_report(replace(REPORT, holdings=(), figures=()))
    assert "Nothing changed in your holdings and figures." in card.texts


def test_many_changes_leave_the_page_its_room(card):
    card.show_report(REPORT)
    assert "SYM4" not in card.texts
    assert "Holdings, 2 more not shown" in card.texts


def test_accounts_are_named_where_there_are_several(card):
    card.show_report(REPORT)
    assert MAIN not in card.texts
    card.show_report(AwayReport(
        since=NOW, until=NOW, reason="It slept.", as_of=NOW, holdings=(holding(1), holding(2, SMALL))))
    assert {MAIN, SMALL} <= set(card.texts)


def test_amounts_are_hidden_when_they_are_hidden_everywhere(card, dressed):
    card.show_report(REPORT)
    theme.apply(dressed, Theme(discreet=True))
    assert not any("1,284,930" in text for text in card.texts)
    assert "•••" in card.texts


def test_dismissed_it_goes_and_keeps_its_report(card):
    card.show_report(REPORT)
    card.close_button.click()
    assert not card.isVisible()
    assert card.report is REPORT
