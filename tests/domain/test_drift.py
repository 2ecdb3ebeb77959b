"""Two sources of one account: what differs, which holds and why, and what is no difference."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.drift import Reason, Told, compare, told_by, which_holds
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.money import USD
from ibdesk.domain.positions import Position, Source

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
MAIN = AccountId("U1234567")


def held(conid: int, quantity: str, value: str | None = None, symbol: str = "AAPL") -> Position:
    return Position(
        account=MAIN, quantity=Decimal(quantity), market_value=None if value is None else Decimal(value),
        instrument=Instrument(conid=Conid(conid), symbol=symbol, asset_class=AssetClass.STOCK, currency=USD),
    )  # fmt: skip


def picture(source: Source, *positions: Position, at: datetime = NOW, account: AccountId = MAIN) -> Told:
    return told_by(account, source, at, positions)


def test_sources_that_agree_have_no_drift_however_they_are_spelled() -> None:
    found = compare(
        picture(Source.PORTAL, held(1, "10", "1000.00", "BRK B")), picture(Source.TWS, held(1, "10.0", "1000", "BRK.B"))
    )
    assert found is not None and found.drifts == ()


def test_a_quantity_that_differs_is_a_drift_and_the_younger_picture_holds() -> None:
    later = NOW + timedelta(seconds=12)
    found = compare(picture(Source.PORTAL, held(1, "420")), picture(Source.TWS, held(1, "410"), at=later))
    assert found is not None
    assert [(each.quantity, each.value) for each in found.drifts] == [(Decimal(-10), None)]
    assert (found.holds, found.why, found.apart) == (Source.TWS, Reason.YOUNGER, timedelta(seconds=12))
    other_way = compare(picture(Source.TWS, held(1, "410"), at=later), picture(Source.PORTAL, held(1, "420")))
    assert other_way is not None and other_way.holds is Source.TWS and other_way.drifts[0].quantity == 10


def test_what_only_one_of_them_holds_is_named() -> None:
    found = compare(picture(Source.PORTAL, held(1, "5")), picture(Source.TWS, held(2, "-3", symbol="TSLA")))
    assert found is not None
    ours, theirs = found.drifts
    assert (ours.instrument.symbol, ours.quantity, ours.theirs) == ("AAPL", Decimal(-5), None)
    assert (theirs.instrument.symbol, theirs.quantity, theirs.ours) == ("TSLA", Decimal(-3), None)


def test_a_value_differs_beyond_rounding_and_moves_only_where_both_priced_it_within_a_minute() -> None:
    ours = picture(Source.PORTAL, held(1, "10", "1000.00"))

    def drifts(value: str | None, later: int = 30) -> list[Decimal | None]:
        found = compare(ours, picture(Source.TWS, held(1, "10", value), at=NOW + timedelta(seconds=later)))
        assert found is not None
        return [each.value for each in found.drifts]

    assert drifts("1000.01") == [] and drifts("1009") == []
    assert drifts("100.00") == [Decimal("-900.00")]
    assert drifts("100.00", later=61) == [] and drifts(None) == []
    changed = compare(ours, picture(Source.TWS, held(1, "11", "1100.00"), at=NOW))
    assert changed is not None and changed.drifts[0].value == Decimal("100.00")


def test_the_same_source_another_account_and_an_old_picture_are_not_compared() -> None:
    ours = picture(Source.PORTAL, held(1, "1"))
    assert compare(ours, picture(Source.PORTAL)) is None
    assert compare(ours, picture(Source.TWS, account=AccountId("U7"))) is None
    assert compare(ours, picture(Source.TWS, at=NOW - timedelta(hours=25))) is None
    assert compare(ours, picture(Source.FLEX, at=NOW - timedelta(hours=40))) is not None


def test_a_statement_never_holds_against_a_picture_of_the_day() -> None:
    assert which_holds((Source.FLEX, NOW), (Source.TWS, NOW - timedelta(hours=3))) == (Source.TWS, Reason.STATEMENT)
    assert which_holds((Source.PORTAL, NOW), (Source.FLEX, NOW)) == (Source.PORTAL, Reason.STATEMENT)


def test_of_the_same_instant_the_one_with_the_balances_holds() -> None:
    for pair in ((Source.PORTAL, Source.TWS), (Source.TWS, Source.PORTAL)):
        assert which_holds((pair[0], NOW), (pair[1], NOW)) == (Source.PORTAL, Reason.BALANCES)
