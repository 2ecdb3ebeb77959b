"""Which rows are listed and in which order, without any widget."""

from ibdesk.domain.portfolio import Row
from ibdesk.ui.models.arrangement import Arrangement, GroupLine, Line, arrange
from ibdesk.ui.models.columns import FULL
from tests.ui.sample_book import page

ROWS = page().rows


def labels(lines: list[Line], rows: tuple[Row, ...] = ROWS) -> list[str]:
    return [line.name if isinstance(line, GroupLine) else rows[line].position.instrument.label for line in lines]


def test_without_a_wish_the_book_is_listed_as_it_is() -> None:
    assert arrange(ROWS, FULL, Arrangement()) == list(range(len(ROWS)))


def test_every_column_sorts_both_ways_and_loses_no_row() -> None:
    for column in FULL:
        for descending in (False, True):
            lines = arrange(ROWS, FULL, Arrangement(sort=column.key, descending=descending))
            assert sorted(lines) == list(range(len(ROWS)))  # type: ignore[type-var]


def test_texts_sort_without_regard_to_case() -> None:
    lines = arrange(ROWS, FULL, Arrangement(sort="instrument"))
    assert labels(lines) == sorted(labels(lines), key=str.casefold)


def test_rows_that_sort_equal_keep_their_order() -> None:
    lines = arrange(ROWS, FULL, Arrangement(sort="currency"))
    dollars = [line for line in lines if isinstance(line, int) and ROWS[line].position.instrument.currency == "USD"]
    assert dollars == sorted(dollars)


def test_the_order_does_not_depend_on_how_the_broker_listed_rows() -> None:
    mixed = (*ROWS[1::2], *ROWS[::2])
    wish = Arrangement(sort="market_value", descending=True)
    first = labels(arrange(ROWS, FULL, wish))
    worth = next(column for column in FULL if column.key == "market_value")
    known = len([row for row in ROWS if worth.value(row) is not None])
    assert labels(arrange(mixed, FULL, wish), mixed)[:known] == first[:known]


def test_groups_hold_every_row_once_and_rows_stay_sorted_inside() -> None:
    lines = arrange(ROWS, FULL, Arrangement(group="currency", sort="quantity"))
    groups = [line for line in lines if isinstance(line, GroupLine)]
    assert [group.name for group in groups] == ["EUR", "GBP", "JPY", "USD"]
    assert sorted(member for group in groups for member in group.members) == list(range(len(ROWS)))
    for group in groups:
        quantities = [ROWS[member].position.quantity for member in group.members]
        assert quantities == sorted(quantities)


def test_a_closed_group_keeps_its_line() -> None:
    lines = arrange(ROWS, FULL, Arrangement(group="currency", closed=frozenset({"USD"})))
    last = lines[-1]
    assert isinstance(last, GroupLine)
    assert last.is_closed


def test_all_words_must_be_found() -> None:
    assert labels(arrange(ROWS, FULL, Arrangement(words="AAPL opt"))) == ["AAPL Dec18'26 225 C"]
    assert arrange(ROWS, FULL, Arrangement(words="aapl bond")) == []
