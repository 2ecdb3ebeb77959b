"""An option's three spellings are one value, and what cannot be read is refused with a sentence."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import USD
from ibdesk.domain.occ import (
    OptionName,
    is_nonstandard,
    is_nonstandard_root,
    name_of,
    parse_option,
    render_label,
    render_occ,
    render_short,
)

SPY = OptionName(
    root="SPY", terms=OptionTerms(right=Right.PUT, strike=Decimal(570), expiry=date(2026, 12, 18))
)


@pytest.mark.parametrize(
    "text",
    [
        "SPY 261218P570",
        "SPY   261218P00570000",
        "SPY Dec18'26 570 P",
        "spy 261218p570",
        "  spy dec18’26 570 put ",
        "SPY261218P570",
        "SPY 261218 P 570.00",
        "SPY 18DEC26 570 P",
        "SPY 261218P570.",
        "SPY 261218P570.00000",
        ".SPY261218P570",
        "SPY 18DEC26 570P",
        "SPY 12/18/26 570 P",
        "SPY 12/18/26 570P",
        "SPY 12/18/2026 P570",
        "SPY 18.12.2026 570 put",
        "SPY 2026-12-18 570 P",
        "SPY 20261218 570 P",
        "SPY Dec 18 2026 570 Put",
        "SPY 18-Dec-26 570 P",
        "SPY 18DEC2026 P 570",
    ],
)
def test_every_spelling_is_the_same_option(text: str) -> None:
    assert parse_option(text) == SPY


@pytest.mark.parametrize(("text", "says"), [
    ("SPY 12/11/26 600 C", "11 December 2026 or 12 November 2026"),
    ("SPY DEC26 600 C", "the month December 2026 or the day 26 December"),
    ("SPY 13/32/26 600 C", "There is no day"),
])
def test_a_day_in_doubt_is_refused_with_what_it_may_be(text: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as refusal:
        parse_option(text)
    assert refusal.value.cause is Cause.BAD_CONTRACT and refusal.value.remedy


def test_it_is_written_back_in_each_form() -> None:
    assert render_short(SPY) == "SPY 261218P570"
    assert render_occ(SPY) == "SPY   261218P00570000"
    assert render_label(SPY) == "SPY Dec18'26 570 P"


def test_the_label_is_the_one_an_instrument_shows() -> None:
    held = Instrument(
        conid=Conid(7), symbol="SPY", asset_class=AssetClass.OPTION, currency=USD,
        multiplier=Decimal(100), option=SPY.terms,
    )  # fmt: skip
    assert name_of(held) == SPY
    assert render_label(SPY) == held.label


def test_the_name_of_a_share_is_a_fault_of_ours() -> None:
    with pytest.raises(ValueError, match="no option"):
        name_of(Instrument(conid=Conid(1), symbol="SPY", asset_class=AssetClass.STOCK, currency=USD))


@pytest.mark.parametrize("text", ["SPY 261218P570,5", "SPY Dec18'26 1,570 P", "SPY 261218P5,70"])
def test_a_comma_is_refused_because_it_may_mean_a_point_or_nothing(text: str) -> None:
    with pytest.raises(Refused, match="has a comma") as refusal:
        parse_option(text)
    assert refusal.value.cause is Cause.BAD_CONTRACT
    assert "570.5" in refusal.value.remedy


@pytest.mark.parametrize("text", ["", "SPY", "SPY 570 P", "SPY 261218X570", "SPY 2612P570", "261218P570", "SPY 261218P",
                                  "SPY 261218P-5", "SPY 261218PNaN", "SPY 261218P5e3", "SPY 2612180P570",
                                  "SPY 261218P5.7.0"])
def test_what_is_no_option_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refused, match="not an option the desk can read") as refusal:
        parse_option(text)
    assert "SPY 261218P570" in refusal.value.remedy


@pytest.mark.parametrize("text", ["SPY 261318P570", "SPY 260230C570", "SPY Feb30'26 570 C"])
def test_a_day_that_is_not_in_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="There is no day"):
        parse_option(text)


def test_a_strike_of_zero_is_refused() -> None:
    with pytest.raises(Refused, match="above zero"):
        parse_option("SPY 261218P0")


def test_eight_digits_are_thousandths_and_a_point_makes_them_plain() -> None:
    assert parse_option("XSP 261218C00061250").terms.strike == Decimal("61.25")
    assert parse_option("BRK 261218C57000000").terms.strike == Decimal(57000)
    assert parse_option("BRK 261218C5700000.0").terms.strike == Decimal(5700000)
    assert parse_option("BRK 261218C5700000").terms.strike == Decimal(5700000), "seven are plain"
    assert parse_option("BRK 261218C570000000").terms.strike == Decimal(570000000), "and so are nine"


def test_an_adjusted_root_is_kept_and_marked_nonstandard() -> None:
    for text in ("AAPL1 261218C150", "AAPL1 261218C00150000", "AAPL1261218C150", "AAPL1 Dec18'26 150 C"):
        name = parse_option(text)
        assert (name.root, name.is_nonstandard) == ("AAPL1", True)
        assert name.terms.strike == 150


@pytest.mark.parametrize(("root", "nonstandard"), [
    ("AAPL", False), ("SPXW", False), ("XYZ2", True), ("1SPX", True), ("700", False), ("BRK.B", False)])
def test_a_digit_beside_letters_says_nonstandard(root: str, nonstandard: bool) -> None:
    assert is_nonstandard_root(root) is nonstandard


def test_the_trading_class_decides_and_a_future_option_may_have_digits() -> None:
    def option(asset_class: AssetClass, symbol: str, trading_class: str) -> Instrument:
        return Instrument(conid=Conid(7), symbol=symbol, asset_class=asset_class, currency=USD,
                          option=SPY.terms, trading_class=trading_class)  # fmt: skip

    assert is_nonstandard(option(AssetClass.OPTION, "AAPL", "AAPL1"))
    assert not is_nonstandard(option(AssetClass.OPTION, "AAPL", "AAPL"))
    assert not is_nonstandard(option(AssetClass.FUTURE_OPTION, "EUR", "E6"))


def test_a_name_too_long_for_21_characters_is_refused() -> None:
    for root, strike in (("ABCDEFG", "10"), ("SPY", "100000"), ("SPY", "0.0005")):
        with pytest.raises(Refused, match="21-character"):
            render_occ(OptionName(root=root, terms=OptionTerms(
                right=Right.CALL, strike=Decimal(strike), expiry=date(2026, 12, 18))))  # fmt: skip


names = st.builds(
    OptionName,
    root=st.from_regex(r"[A-Z]{1,5}[1-9]?", fullmatch=True),
    terms=st.builds(
        OptionTerms,
        right=st.sampled_from(Right),
        strike=st.integers(1, 10**8 - 1).map(lambda thousandths: Decimal(thousandths) / 1000),
        expiry=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    ),
)


@given(names)
def test_what_is_written_reads_back_the_same(name: OptionName) -> None:
    assert parse_option(render_short(name)) == name
    assert parse_option(render_occ(name)) == name
    assert parse_option(render_label(name).lower()) == name
    assert len(render_occ(name)) == 21
