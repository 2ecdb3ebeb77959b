"""Positions: every asset class, both stages, and every way a row can be odd."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from ibdesk.brokers.portal.parse import positions as parse
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import BadData
from ibdesk.domain.instruments import AssetClass, Right
from ibdesk.domain.positions import Position, Skipped
from tests.brokers.portal.replies import reply

ACCOUNT = AccountId("DU1000001")


def held_of(lines: list[parse.Line | Skipped]) -> tuple[tuple[Position, ...], tuple[Skipped, ...]]:
    holdings = parse.Holdings()
    holdings.add(lines)
    return holdings.positions, holdings.skipped


def read(name: str) -> tuple[tuple[Position, ...], tuple[Skipped, ...]]:
    return held_of(parse.lines(parse.rows(reply(name)), ACCOUNT, {}))


def only(name: str) -> Position:
    (held,), skipped = read(name)
    assert skipped == ()
    return held


def test_a_short_stock_keeps_its_sign() -> None:
    held = only("class_stk")
    assert (held.instrument.asset_class, held.instrument.symbol) == (AssetClass.STOCK, "AAPL")
    assert (held.quantity, held.instrument.multiplier) == (-100, 1)
    assert (held.market_value, held.unrealized) == (Decimal("-22949.0"), Decimal("-2949.0"))
    assert held.instrument.name == "APPLE INC"
    assert (held.instrument.exchange, held.instrument.sector) == ("NASDAQ", "Technology")
    assert held.instrument.expiry is None and held.instrument.option is None


def test_a_stock_of_type_etf_is_an_etf() -> None:
    held = only("class_etf")
    assert (held.instrument.asset_class, held.instrument.broker_class) == (AssetClass.ETF, "STK")
    assert held.instrument.sector == ""


def test_an_option_has_its_terms_and_multiplier() -> None:
    held = only("class_opt")
    terms = held.instrument.option
    assert terms is not None
    assert (terms.right, terms.strike, terms.expiry) == (Right.CALL, Decimal(440), date(2025, 1, 17))
    assert (held.quantity, held.instrument.multiplier, held.instrument.underlying_conid) == (-1, 100, 756733)
    assert held.notional == Decimal(-5800)
    assert held.cost == Decimal("-5801.04")


def test_a_future_is_named_by_its_root_and_adds_no_value() -> None:
    held = only("class_fut")
    assert (held.instrument.symbol, held.instrument.multiplier) == ("MNQ", 2)
    assert held.instrument.expiry == date(2025, 3, 21)
    assert held.value == 0
    assert held.notional == Decimal("87081.72")


def test_a_future_option_and_a_warrant_are_options_too() -> None:
    future_option, warrant = only("class_fop"), only("class_war")
    assert future_option.instrument.option is not None and warrant.instrument.option is not None
    assert (future_option.instrument.option.right, future_option.instrument.multiplier) == (Right.PUT, 50)
    assert (warrant.instrument.option.strike, warrant.instrument.multiplier) == (18000, Decimal("0.01"))
    assert (warrant.instrument.currency, warrant.instrument.asset_class) == ("EUR", AssetClass.WARRANT)


def test_a_bonds_multiplier_follows_from_its_figures_whatever_its_unit_is() -> None:
    bond, bill = only("class_bond"), only("class_bill")
    assert (bond.instrument.asset_class, bond.instrument.multiplier) == (AssetClass.BOND, 10)
    assert bond.instrument.expiry == date(2034, 11, 15)
    assert (bill.instrument.asset_class, bill.instrument.multiplier) == (AssetClass.BILL, Decimal("0.01"))
    assert bond.notional == bond.market_value


def test_a_fund_has_fractions() -> None:
    held = only("class_fund")
    assert (held.instrument.asset_class, held.quantity) == (AssetClass.FUND, Decimal("120.418"))


def test_crypto_has_small_fractions_exactly() -> None:
    held = only("class_crypto")
    assert (held.instrument.asset_class, held.instrument.symbol) == (AssetClass.CRYPTO, "BTC")
    assert held.quantity == Decimal("0.00365831")


def test_a_cfd_adds_its_profit_alone() -> None:
    held = only("class_cfd")
    assert (held.instrument.asset_class, held.instrument.underlying_conid) == (AssetClass.CFD, 4391)
    assert (held.quantity, held.value) == (Decimal(-200), Decimal(600))


def test_a_currency_position_is_cash() -> None:
    held = only("class_cash")
    assert (held.instrument.asset_class, held.instrument.symbol) == (AssetClass.CASH, "EUR.USD")


def test_a_class_we_do_not_know_is_kept_under_its_own_name() -> None:
    held = only("class_unknown")
    assert (held.instrument.asset_class, held.instrument.broker_class) == (AssetClass.OTHER, "PHYSS")
    assert held.value == Decimal(5300)


def test_the_first_stage_alone_is_enough_for_symbol_terms_and_multiplier() -> None:
    (stock, option, future), skipped = read("positions_first_stage")
    assert skipped == ()
    assert [parse.rows(reply("positions_first_stage"))[0].has_contract_half] == [False]  # type: ignore[union-attr]
    assert stock.instrument.symbol == "QQQ"
    terms = option.instrument.option
    assert terms is not None
    assert (terms.right, terms.strike, terms.expiry) == (Right.CALL, 440, date(2025, 1, 17))
    assert (option.instrument.symbol, option.instrument.multiplier) == ("SPY", 100)
    assert (future.instrument.symbol, future.instrument.multiplier, future.instrument.expiry) == ("MNQ", 2, None)


def test_a_contract_definition_fills_the_gaps_and_overrides_nothing() -> None:
    found = parse.definitions(reply("secdef"))
    held, _ = held_of(parse.lines(parse.rows(reply("positions_first_stage")), ACCOUNT, found))
    future = held[2]
    assert (future.instrument.expiry, future.instrument.exchange) == (date(2025, 3, 21), "CME")
    assert future.average_cost == Decimal("43536.12")
    assert list(found) == [672387468]


def test_rows_that_lack_what_a_position_needs_are_skipped_by_name() -> None:
    held, skipped = read("positions_missing_fields")
    assert [position.instrument.conid for position in held] == [13]
    assert held[0].market_value is None and held[0].price is None
    assert [(each.what, each.why) for each in skipped[:3]] == [
        ("NO CONID", "The broker sent no contract id with it."),
        ("NO QUANTITY", "The broker sent no quantity with it."),
        ("NO CURRENCY", "The broker sent no currency with it."),
    ]
    assert [each.conid for each in skipped] == [None, 11, 12, None, None]
    assert skipped[3] == Skipped(what='"a line of text"', why="It is not a position.")
    assert skipped[4].what == "conid unknown"
    assert len(skipped) == 5


@pytest.mark.parametrize("figure", ["price", "market_value", "average_cost", "average_price", "realized", "unrealized"])
def test_unset_in_every_spelling_is_unknown(figure: str) -> None:
    held = only("positions_sentinels")
    assert getattr(held, figure) is None
    assert held.quantity == 1


def test_words_that_are_no_json_become_unknown_and_names_keep_them() -> None:
    held = only("positions_bare_nan")
    assert (held.price, held.market_value, held.average_cost) == (None, None, Decimal("1.5"))
    assert held.instrument.name == "NaN CORP"


def test_numbers_come_as_text_and_text_as_nothing() -> None:
    first, second = read("positions_numbers_as_text")[0]
    assert (first.instrument.conid, first.quantity, first.price) == (320227571, Decimal(3), Decimal("1584.10"))
    assert first.instrument.multiplier == 1
    assert (second.quantity, second.market_value) == (Decimal("0.1"), Decimal("0.01"))


def test_a_tenth_is_a_tenth() -> None:
    _, second = read("positions_numbers_as_text")[0]
    assert second.quantity * 3 == Decimal("0.3")
    assert str(second.price) == "0.1"


def test_rows_of_nothing_are_neither_held_nor_skipped() -> None:
    assert read("positions_zero") == ((), ())


def test_a_segments_letter_is_the_same_account_and_a_strangers_row_is_named() -> None:
    (mine,), (theirs,) = read("positions_segment_and_stranger")
    assert (mine.account, mine.instrument.symbol) == (ACCOUNT, "MINE")
    assert theirs == Skipped(what="THEIRS", why="It belongs to another account.")


def test_a_second_line_of_the_same_instrument_is_named_and_a_repeated_row_replaces() -> None:
    (twice, again), (model,) = read("positions_two_models")
    assert (twice.quantity, again.quantity) == (5, 2)
    assert model == Skipped(what="TWICE", why="It is a second line of it, in model Growth.")


@pytest.mark.parametrize("body", [b'{"error": ""}', b"[1, 2", b"", b"<html>", b'"text"', b"null"])
def test_what_is_no_list_of_positions_is_bad_data_and_kept(body: bytes) -> None:
    with pytest.raises(BadData) as bad:
        parse.rows(body)
    assert bad.value.raw == body


@pytest.mark.parametrize("figures", [
    '"assetClass": "FUT", "multiplier": 1e50',
    '"assetClass": "FUT", "multiplier": "12345678901234567890123456789012345"',
    '"assetClass": "FUT", "mktValue": 1e30, "mktPrice": 1e-30',
    '"assetClass": "BOND", "mktValue": 1e30, "mktPrice": 1e-30',
    '"assetClass": "OPT", "contractDesc": "A JAN2027 1 C [A 270115C00001000 1.0.0]"',
    '"assetClass": "OPT", "undConid": 9999999999999999999999',
])
def test_figures_no_contract_has_leave_the_position_standing(figures: str) -> None:
    page = parse.rows(f'[{{"conid": 5, "position": 1, "currency": "USD", {figures}}}]'.encode())
    (position,), skipped = held_of(parse.lines(page, ACCOUNT, {}))
    assert skipped == ()
    assert position.instrument.multiplier in (1, Decimal("0.01"))
    assert position.instrument.underlying_conid is None


def test_a_number_no_database_holds_is_no_contract_id() -> None:
    page = parse.rows(b'[{"conid": 99999999999999999999999, "position": 1, "currency": "USD"}]')
    assert [each.why for each in held_of(parse.lines(page, ACCOUNT, {}))[1]] == [
        "The broker sent no contract id with it."
    ]


def test_every_name_of_a_row_is_known_for_one_that_is_not_takes_longest_to_read() -> None:
    names = {field.encode_name for field in msgspec.structs.fields(parse.Row)}
    rows = msgspec.json.decode(reply("class_opt"), type=list[dict[str, object]])
    assert {name for row in rows for name in row} <= names


@pytest.mark.parametrize(
    "odd", ['"isUS":"perhaps"', '"hasOptions":{}', '"time":[1]', '"exchs":["A"]', '"group":{"a":1}', '"chineseName":7']
)
def test_a_field_nobody_reads_may_hold_anything(odd: str) -> None:
    body = f'[{{"conid":1,"position":0.1,"currency":"USD",{odd},"ticker":"A"}}]'.encode()
    (held,), skipped = held_of(parse.lines(parse.rows(body), ACCOUNT, {}))
    assert (held.instrument.symbol, held.quantity, skipped) == ("A", Decimal("0.1"), ())
