"""What the strip says of the line, and what is told of a figure."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from ibdesk.domain.accounts import AccountPnl
from ibdesk.domain.line import Line, LineState
from ibdesk.domain.money import USD
from ibdesk.domain.pnl_totals import RunningTotals
from ibdesk.ui.live.cards import figure_of, rates_words
from ibdesk.ui.live.executions import FIELDS, note, sum_words
from ibdesk.ui.live.explain import facts_of_cell, facts_of_total
from ibdesk.ui.live.words import dark_words, line_words, skew_words
from ibdesk.ui.models.live_columns import COMMISSION, REALIZED, TODAY, TOTAL, UNREALIZED, Around
from tests.ui.live.sample import AAPL, KO, SIE, UP, VOD, dark, fill, row, sample_book, told
from tests.ui.sample_book import EUR, MAIN, NOW, RATES

LATER = NOW + timedelta(seconds=12)


def test_every_state_is_told_in_plain_words_with_its_own_lamp() -> None:
    lost = Line(state=LineState.BROKER_LOST, since=NOW, reason="TWS has lost its connection to the broker.", code=1100)
    down = Line(
        state=LineState.DOWN, since=NOW, reason="Nothing answers at 127.0.0.1:7497 (TWS, paper).",
        remedy="Check that TWS runs.", retry_at=LATER + timedelta(seconds=6),
    )
    coming = Line(state=LineState.RESTORING, since=NOW, left=28, wanted=40)
    said = {line.state: line_words(line, LATER, NOW) for line in (Line(), down, lost, coming, UP)}
    assert said[LineState.NEVER].text == "Connecting to TWS"
    assert said[LineState.DOWN].text == "Not connected: Nothing answers at 127.0.0.1:7497 (TWS, paper)."
    assert said[LineState.DOWN].detail.startswith("Try again in 6 s. Figures are from ")
    assert said[LineState.DOWN].trouble == "Check that TWS runs."
    assert said[LineState.BROKER_LOST].text == "Broker lost: TWS has no connection to Interactive Brokers."
    assert f"Figures are from {NOW.astimezone():%H:%M:%S}." in said[LineState.BROKER_LOST].detail
    assert said[LineState.RESTORING].text == "Restoring 12 of 40"
    assert said[LineState.UP].text == "Live"
    assert [words.tone for words in said.values()] == ["muted", "loss", "warn", "warn", "gain"]


def test_a_try_that_is_due_is_said_to_be_made() -> None:
    down = Line(state=LineState.DOWN, since=NOW, retry_at=NOW)
    assert line_words(down, LATER, None).detail == "Trying again."
    assert line_words(replace(down, retry_at=None), LATER, None).detail == "It is tried again by itself."


def test_a_clock_that_is_wrong_is_told_from_two_seconds_on() -> None:
    assert skew_words(timedelta(seconds=2)) == skew_words(None) == ""
    assert skew_words(timedelta(seconds=3)) == "The broker’s clock is 3 s ahead of this computer’s."
    assert skew_words(timedelta(hours=-1)) == "The broker’s clock is 60 min behind this computer’s."
    assert line_words(replace(UP, skew=timedelta(seconds=9)), LATER, NOW).trouble


def test_dark_farms_are_named_and_another_session_is_told_as_it_is() -> None:
    assert dark_words(dark("ushmds", "usfarm")).startswith("No data from usfarm, ushmds")
    assert dark_words(dark("Another session of the same user gets the market data.")).startswith("Another session")
    assert dark_words(UP) == ""


def test_a_realised_figure_lists_the_reports_it_is_the_sum_of() -> None:
    book = sample_book().traded([fill(AAPL, "07.01.01", paid=None)])
    facts = dict(facts_of_cell(row(book, AAPL), REALIZED, Around(bases={MAIN: USD}, now=LATER), UP, {}))
    assert facts["Shown"] == "+200.50*"
    assert facts["Source"] == "TWS, sum of 2 commission reports"
    assert facts["Print 1"].endswith("+$120.50") and facts["Print 1"].startswith("−10 at 231.40")
    assert facts["Print 3"].endswith("its commission report has not come yet")
    assert facts["Line"].startswith("Live")


def test_a_figure_of_the_broker_names_its_call_its_time_and_the_rate_of_the_totals() -> None:
    around = Around(bases={MAIN: USD}, now=LATER)
    facts = dict(facts_of_cell(row(sample_book(), SIE), UNREALIZED, around, UP, {EUR: (USD, "1.08620")}))
    assert facts["Source"] == "TWS, reqPnLSingle"
    assert facts["Told"].endswith("12 s ago")
    assert facts["Rate in totals"] == "1 EUR = 1.08620 USD, of the account's last sync"
    total = dict(facts_of_cell(row(sample_book(), SIE), TOTAL, around, UP, {}))
    assert (total["Unrealized"], total["Realized today"]) == ("+€2,911.20", "€0.00")
    none = dict(facts_of_cell(row(sample_book(), VOD), TODAY, around, UP, {}))
    assert (none["Shown"], none["Told"]) == ("—", "never")
    paid = dict(facts_of_cell(row(sample_book(), KO), COMMISSION, around, replace(UP, state=LineState.DOWN), {}))
    assert paid["Print 1"].endswith("$1.05") and paid["Line"].startswith("Not connected")


def test_the_brokers_own_realised_figure_stands_beside_the_sum() -> None:
    held = row(sample_book(), AAPL)
    assert held.told is not None
    held = replace(held, told=replace(held.told, realized=Decimal("250.00")))
    facts = dict(facts_of_cell(held, REALIZED, Around(now=LATER), UP, {}))
    assert facts["Broker’s own"].startswith("+$250.00 (reqPnLSingle)")


def running() -> RunningTotals:
    made = RunningTotals(USD, {EUR: Decimal(RATES[EUR])})
    for each in sample_book().rows.values():
        if each.account == MAIN:
            made.put(each)
    return made


def test_a_total_tells_its_accounts_its_rates_and_what_it_goes_without() -> None:
    own = {str(MAIN): AccountPnl(
        account=MAIN, daily=Decimal(1700), unrealized=None, net_liquidation=None, excess_liquidity=None, as_of=NOW)}
    facts = facts_of_total("daily", "+$1,700.00", [(str(MAIN), running())], own, UP, LATER)
    assert dict(facts)[str(MAIN)].startswith("+$1,700.00 told ")
    assert ("Rate", "1 EUR = 1.08620 USD, of the account's last sync") in facts
    dated = facts_of_total("daily", "x", [(str(MAIN), running())], own, UP, LATER, "14:32:05")
    assert ("Rate", "1 EUR = 1.08620 USD, of the account's last sync, 14:32:05") in dated
    assert ("Left out", f"VOD of {MAIN}: no rate from GBP to USD") in facts
    realized = dict(facts_of_total("realized", "x", [(str(MAIN), running())], own, UP, LATER))
    assert realized[str(MAIN)] == "+$167.50 from 3 prints"


def test_the_line_below_the_totals_names_rates_and_gaps() -> None:
    assert rates_words([("", running())]) == (
        "Rates of the last sync: 1 EUR = 1.08620 USD · * without VOD (no rate from GBP to USD)")
    assert rates_words([("", running())], "14:32:05").startswith("Rates of the last sync, 14:32:05: 1 EUR = ")
    assert figure_of("realized", str(MAIN), running(), {}) == Decimal("167.50")


def test_prints_say_what_they_realised_and_whether_they_were_corrected() -> None:
    texts = {field.title: field.text(fill(AAPL, "02.01.02", "80.00")) for field in FIELDS}
    assert (texts["Side"], texts["Realized"], texts["Note"]) == ("Sell", "+$80.00", "corrected")
    assert note(fill(AAPL, "02.01.04", "80.00")) == "corrected 3 times"
    assert note(fill(AAPL, "05.01.01")) == "opens, realises nothing"
    assert {field.text(fill(AAPL, "1", paid=None)) for field in FIELDS} >= {"waiting"}


def test_the_sum_of_the_prints_is_the_rows_realised() -> None:
    book = sample_book()
    assert sum_words(row(book, AAPL)) == "Realized +$200.50 = sum of 2 commission reports · commission $2.10"
    more = book.traded([fill(AAPL, "07.01.01", paid=None)])
    assert sum_words(row(more, AAPL)).endswith("· 1 still to come")
    unpaid = book.moved([told(SIE, "1")]).traded([fill(SIE, "07.01.01", paid=None)])
    assert sum_words(row(unpaid, SIE)) == "Realized: waits for the first commission report"
