"""What is said of the sources: who told a price, where two differ, which holds and why."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from ibdesk.domain.drift import Comparison, Drift, Reason, compare, told_by
from ibdesk.domain.portfolio import Row, with_drifts
from ibdesk.domain.positions import Position, Source
from ibdesk.ui import format as fmt
from ibdesk.ui.models import sources
from ibdesk.ui.models.columns import DRIFT, LAST, MARKET_VALUE, PRICED, tip_of
from ibdesk.ui.pages.explain import facts_of
from tests.ui.sample_book import MAIN, NOW, page

LATER = NOW + timedelta(seconds=8)


def theirs(change: dict[str, int | None], at_later: int = 8) -> Comparison:
    """TWS's picture beside the sample page: quantities changed by symbol, None for what it does not hold."""
    shown = page()
    held: list[Position] = []
    for row in shown.rows:
        position, symbol = row.position, row.position.instrument.symbol
        if symbol in change and position.instrument.option is None:
            more = change[symbol]
            if more is None:
                continue
            position = replace(position, quantity=position.quantity + more)
        held.append(position)
    at = shown.as_of + timedelta(seconds=at_later)
    ours = told_by(MAIN, Source.PORTAL, shown.as_of, (row.position for row in shown.rows))
    found = compare(ours, told_by(MAIN, Source.TWS, at, held))
    assert found is not None
    return found


def row_of(symbol: str, *compared: Comparison) -> Row:
    rows = with_drifts(page().rows, compared)
    return next(row for row in rows if row.position.instrument.label == symbol)


def test_a_price_names_who_told_it_and_when_with_a_quote_and_without() -> None:
    row = row_of("AAPL")
    assert row.quote is not None and row.as_of is not None
    assert sources.price_source(row).startswith("Market data") and PRICED.text(row) == sources.price_source(row)
    assert PRICED.value(row) == row.quote.told_at
    assert fmt.moment(row.quote.told_at) in tip_of(row, LAST)
    bare = replace(row, quote=None)
    assert sources.price_source(bare) == f"Client Portal {fmt.clock(row.as_of)}"
    assert tip_of(bare, LAST) == f"Told by Client Portal {fmt.clock(row.as_of)}"
    assert f"Told by Client Portal {fmt.clock(row.as_of)}" in tip_of(row, MARKET_VALUE)
    unpriced = replace(bare, position=replace(row.position, price=None))
    assert sources.price_source(unpriced) == fmt.UNKNOWN and sources.picture_source(replace(bare, source=None)) == "—"


def test_an_explained_price_says_that_the_position_is_of_another_source() -> None:
    facts = dict(facts_of(row_of("AAPL"), LAST, page()))
    assert facts["Position"].startswith("Client Portal, as of ") and "one source" in facts["Position"]


def test_a_cell_tells_the_difference_and_its_hover_what_each_source_holds() -> None:
    compared = theirs({"AAPL": -10})
    row = row_of("AAPL", compared)
    assert DRIFT.text(row) == "TWS −10" and DRIFT.value(row) == Decimal(10)
    tip = tip_of(row, DRIFT)
    assert tip.startswith("Client Portal ") and "\nTWS: " in tip
    assert dict(facts_of(row, DRIFT, page()))["TWS"].startswith("differs: ")
    same = row_of("SPY", compared)
    assert DRIFT.text(same) == "" and tip_of(same, DRIFT) == ""


def test_the_banner_names_what_differs_which_holds_and_why() -> None:
    compared = theirs({"AAPL": -10})
    held = row_of("AAPL").position.quantity
    assert sources.headline((compared,)) == "1 position differs between Client Portal and TWS"
    said = sources.detail((compared,))
    assert said.startswith(f"AAPL {fmt.quantity(held)} / {fmt.quantity(held - 10)}. ")
    assert "TWS holds: its picture is 8 s younger." in said
    assert said.endswith("The table shows Client Portal until that is read again.")
    older = theirs({"AAPL": None}, at_later=-400)
    assert sources.detail((older,)).endswith("Client Portal holds: its picture is 6 min younger. The table shows it.")
    assert f"AAPL {fmt.quantity(held)} / 0" in sources.detail((older,))
    assert "the balances are its own" in sources.why(replace(compared, why=Reason.BALANCES, holds=Source.PORTAL))
    assert "a day that is over" in sources.why(replace(compared, why=Reason.STATEMENT, holds=Source.PORTAL))


def test_many_differences_are_counted_and_a_value_that_differs_alone_is_told_as_one() -> None:
    row = row_of("AAPL")
    drift = Drift(account=MAIN, instrument=row.position.instrument, ours=row.position, theirs=row.position,
                  quantity=Decimal(0), value=Decimal("-900"))
    many = replace(theirs({}), drifts=(drift,) * 6)
    assert sources.headline((many,)).startswith("6 positions differ")
    assert "AAPL value −$900.00" in sources.detail((many,)) and ", 2 more. " in sources.detail((many,))


def test_the_ages_of_the_other_pictures_are_told_by_source() -> None:
    at = page().as_of + timedelta(seconds=20)
    assert sources.others_words((theirs({}),), at) == "TWS 12 s ago"
    assert sources.others_words((), LATER) == ""
