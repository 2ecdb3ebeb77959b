"""How orders are typed, and what is no amount, no leg and no order at all."""

from decimal import Decimal

import pytest

from ibdesk.cli.grammar import parser
from ibdesk.cli.order_grammar import LegText, amount, trail
from ibdesk.domain.compliance.verdict import Code
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderType, Side, TimeInForce, Trail

BUY = ("order", "place", "--symbol", "AAPL", "--side", "buy")


def test_the_documents_order_is_understood_word_for_word() -> None:
    """E24."""
    args = parser().parse_args([*BUY, "--qty", "1", "--type", "MKT", "--limit", "190.5"])
    assert (args.symbol, args.qty, args.side, args.order_type) == ("AAPL", 1, Side.BUY, OrderType.MARKET)
    assert args.limit == Decimal("190.5")
    assert parser().parse_args([*BUY, "--type", "LMT", "--tif", "gtc"]).tif is TimeInForce.GTC


def test_a_combination_is_typed_leg_by_leg() -> None:
    args = parser().parse_args(
        ["order", "preview", "--leg", "sell 1 SPY 261218P570", "--leg", "BUY SPY 261218P560", "--limit", "-1.20"]
    )
    assert args.leg == [
        LegText(side=Side.SELL, ratio=1, name="SPY 261218P570"), LegText(side=Side.BUY, ratio=1, name="SPY 261218P560")
    ]  # fmt: skip
    assert args.limit == Decimal("-1.20")


def test_what_is_accepted_and_answered_is_named() -> None:
    args = parser().parse_args([*BUY, "--accept", "daily_loss", "--yes-to", "o163", "--mode", "ibkr_paper"])
    assert (args.accept, args.yes_to, args.mode) == ([Code.DAILY_LOSS], ["o163"], Mode.IBKR_PAPER)


@pytest.mark.parametrize("text", ["1,5", "1.234,5", "NaN", "inf", "1e3", "", "+1", "0x1", "١", "1" * 16, "--1", "1 0"])
def test_what_is_no_plain_amount_is_never_guessed(text: str) -> None:
    with pytest.raises(SystemExit) as end:
        parser().parse_args([*BUY, f"--limit={text}"])
    assert end.value.code == 2


def test_amounts_and_trails_keep_every_digit() -> None:
    assert (amount("190.50"), amount("-.05"), amount("0")) == (Decimal("190.50"), Decimal("-.05"), Decimal(0))
    assert trail("2%") == Trail(amount=Decimal(2), is_percent=True)
    assert trail("1.50") == Trail(amount=Decimal("1.50"))


@pytest.mark.parametrize("words", [
    ["order", "place", "--side", "buy"], ["order", "place", "--symbol", "AAPL", "--conid", "1", "--side", "buy"],
    [*BUY, "--qty", "0"], [*BUY, "--qty", "-1"], [*BUY, "--type", "ICEBERG"], [*BUY, "--accept", "NOTHING"],
    [*BUY, "--account", "me"], [*BUY, "--mode", "alpaca_live"], ["order", "preview", "--leg", "hold 1 SPY"],
    ["order", "preview", "--leg", "sell 0 SPY"], ["order", "cancel"], ["order", "cancel", "x", "--all"],
    ["order", "modify"], ["kill", "--flatten", "--lift"], [*BUY, "--yes-to", ""], [*BUY, "--yes-to= "],
])  # fmt: skip
def test_what_is_no_order_is_a_mistake_of_usage(words: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parser().parse_args(words)
    assert end.value.code == 2
