"""Orders from the command line, through the desk's own gate to the demo gateway; the words they answer with too."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from ibdesk.cli.order_words import finding_lines, ticket_line
from ibdesk.domain.accounts import Environment
from ibdesk.domain.compliance.verdict import Verdict
from ibdesk.domain.orders import OrderTicket
from ibdesk.domain.receipts import Step
from tests.cli.order_desk import OrderDesk, with_desk
from tests.services.workshop import MAIN, NOON

BUY = ("--symbol", "AAPL", "--qty", "1", "--side", "buy")
MARKET = (*BUY, "--type", "MKT")
#: What the demo's broker asks before a market order.
MARKET_QUESTION = "o10151"

Life = Callable[[OrderDesk], Awaitable[None]]


async def steps_of(typed: OrderDesk, ref: str) -> list[Step]:
    assert typed.desk.orders is not None
    return [each.receipt.step for each in await typed.desk.orders.receipt(ref)]  # type: ignore[arg-type]


def test_a_preview_says_everything_and_sends_nothing(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        shown = await typed.json("order", "preview", *MARKET)
        assert shown.json["status"] in ("note", "warn", "confirm")
        assert shown.code == (3 if shown.json["to_accept"] else 0)
        assert shown.json["ticket"]["legs"][0]["label"] == "AAPL"
        assert shown.json["preview"]["initial_margin"]["after"] is not None
        assert {"code", "severity", "sentence", "source", "remedy"} <= set(shown.json["findings"][0])
        assert typed.placed == 0
        words = await typed.type("order", "preview", *MARKET)
        assert words.out.startswith("BUY 1 × AAPL, market, DAY, DU7654321 (demo)\n")

    with_desk(life, tmp_path)


def test_an_order_is_placed_word_for_word_as_documented(tmp_path: Path) -> None:
    """E24: a market order, and one with a limit, through the compliance gate."""

    async def life(typed: OrderDesk) -> None:
        first = await typed.json("order", "place", *MARKET)
        assert (first.code, first.json["status"]) == (3, "needs_confirmation") and typed.placed == 0
        sent = await typed.accepted("order", "place", *MARKET, "--yes-to", MARKET_QUESTION)
        assert sent.code == 0, sent.out
        order = sent.json["order"]
        assert (order["account"], order["order_type"], order["placed_here"]) == (MAIN, "market", True)
        assert typed.placed == 1
        steps = await steps_of(typed, order["ref"])
        assert steps[:2] == [Step.CHECK_RUN, Step.SENT], "what the first answer wanted confirmed is known by now"
        limited = await typed.accepted("order", "place", *MARKET, "--limit", "226.00")
        assert limited.code == 0, limited.out
        assert limited.json["order"]["order_type"] == "limit" and limited.json["order"]["limit"] == "226.00"

    with_desk(life, tmp_path)


def test_a_combination_of_options_is_placed_by_its_text(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        legs = ("--leg", "sell 1 SPY 261218P570", "--leg", "buy 1 SPY 261218P560")
        sent = await typed.accepted("order", "place", *legs, "--qty", "2", "--limit", "-1.20", "--tif", "GTC")
        assert sent.code == 0, sent.out
        assert [leg["label"] for leg in sent.json["order"]["legs"]] == ["SPY Dec18'26 570 P", "SPY Dec18'26 560 P"]
        assert (sent.json["order"]["limit"], sent.json["order"]["quantity"]) == ("-1.20", "2")

    with_desk(life, tmp_path)


def test_what_is_held_is_protected_by_two_orders_one_cancelling_the_other(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        held = ("--symbol", "AAPL", "--side", "sell", "--qty", "2", "--tif", "GTC", "--oco")
        seen = await typed.type("order", "preview", *held, "--take-profit", "260", "--stop-loss", "200")
        assert seen.out.startswith("SELL 2 × AAPL, limit 260 or stop 200, GTC, DU7654321 (demo)\n")
        sent = await typed.accepted("order", "place", *held, "--take-profit", "260", "--stop-loss", "200",
                                    "--yes-to", "o163", "--yes-to", "o10152", "--yes-to", "o10331")  # fmt: skip
        assert sent.code == 0, sent.out
        order, other = sent.json["order"], sent.json["other"]
        assert (order["limit"], other["order_type"], other["stop"]) == ("260", "stop", "200")
        assert order["ref"].endswith("-oco1") and other["ref"].endswith("-oco2")
        assert (await steps_of(typed, order["ref"]))[-1] is (await steps_of(typed, other["ref"]))[-1] is Step.BROKER_ACK
        more = await typed.json("order", "place", "--symbol", "AAPL", "--side", "buy", "--qty", "2", "--oco",
                                "--take-profit", "200", "--stop-loss", "260")  # fmt: skip
        assert more.code == 5 and more.json["status"] == "blocked"
        for wrong in (("--take-profit", "260"), ("--take-profit", "260", "--stop-loss", "200", "--trail", "5"),
                      ("--take-profit", "260", "--trail", "5", "--limit", "250")):  # fmt: skip
            refused = await typed.json("order", "place", *held, *wrong)
            assert refused.code == 5 and "--oco" in refused.json["message"]

    with_desk(life, tmp_path)


def test_a_blocked_order_leaves_a_receipt_and_nothing_else(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        blocked = await typed.json("order", "place", *MARKET)
        assert (blocked.code, blocked.json["status"], blocked.json["cause"]) == (5, "blocked", "order_refused")
        assert any(each["code"] == "ACK_REQUIRED" for each in blocked.json["findings"]) and blocked.json["remedy"]
        assert typed.placed == 0
        kept = await typed.json("order", "status", blocked.json["receipt"])
        assert (kept.code, kept.json["status"]) == (0, "never sent")
        assert [each["step"] for each in kept.json["steps"]] == [Step.CHECK_RUN.value, Step.BLOCKED.value]
        said = await typed.type("order", "place", *MARKET)
        assert said.code == 5 and "acknowledge" in said.err

    with_desk(life, tmp_path, acknowledged=False)


def test_the_day_s_loss_is_asked_for_again_where_the_broker_had_not_told_it(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        await typed.type("sync")
        shown = await typed.json("order", "preview", *MARKET)
        assert "DAILY_LOSS" not in shown.json["to_accept"]

    with_desk(life, tmp_path)


def test_accepting_something_else_sends_nothing(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        first = await typed.json("order", "place", *MARKET, "--accept", "WIDE_SPREAD")
        assert first.code == 3 and first.json["missing"] and typed.placed == 0
        assert all(code in first.json["remedy"] for code in first.json["missing"])

    with_desk(life, tmp_path)


def test_a_question_nobody_answers_is_answered_with_no(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        left = await typed.accepted("order", "place", *MARKET)
        assert (left.code, left.json["status"]) == (3, "declined")
        assert [each["id"] for each in left.json["questions"]] == [MARKET_QUESTION]
        assert "--yes-to" in left.json["remedy"]
        codes = [part for code in left.json["to_accept"] for part in ("--accept", code)]
        typed.gateway.clock.advance(timedelta(seconds=11))
        asked = await typed.type("order", "place", *MARKET, *codes, says=("yes",))
        assert asked.code == 0 and "The broker asks (o10151)" in asked.out

    with_desk(life, tmp_path)


def test_a_named_order_is_sent_once_however_often_it_is_typed(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        words = ("order", "place", *BUY, "--limit", "226.00", "--once", "morning")
        sent = await typed.accepted(*words)
        assert sent.code == 0 and not sent.json["repeated"]
        again = await typed.accepted(*words)
        assert (again.code, again.json["repeated"]) == (0, True)
        assert again.json["order"]["ref"] == sent.json["order"]["ref"] and typed.placed == 1
        other = await typed.accepted(*words[:-1], "noon")
        assert other.code == 5 and typed.placed == 1  # without the name it is a duplicate

    with_desk(life, tmp_path)


@pytest.mark.parametrize(("words", "cause"), [
    (("--symbol", "NOPE", "--side", "buy"), "nothing_found"),
    (("--symbol", "SPY 269918P570", "--side", "buy"), "bad_contract"),
    (("--symbol", "AAPL"), "order_refused"),
    (("--leg", "buy 1 AAPL", "--side", "buy"), "order_refused"),
    ((*BUY, "--type", "STP", "--stop", "200", "--limit", "201"), "order_refused"),
    ((*BUY, "--trail", "1", "--stop", "200"), "order_refused"),
    ((*BUY, "--account", "DU1111111"), "unknown_account"),
    ((*BUY, "--mode", "ibkr_paper"), "wrong_environment"),
    ((*BUY, "--live"), "wrong_environment"),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(
    tmp_path: Path, words: tuple[str, ...], cause: str
) -> None:
    async def life(typed: OrderDesk) -> None:
        refused = await typed.json("order", "place", *words)
        assert (refused.code, refused.json["cause"]) == (5, cause), refused.out
        assert refused.json["remedy"] and typed.placed == 0

    with_desk(life, tmp_path)


def test_a_ticket_without_its_price_is_blocked_by_name(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        blocked = await typed.json("order", "preview", *BUY, "--type", "LMT")
        assert (blocked.code, blocked.json["verdict"]) == (5, "block")
        assert any("limit price" in each["sentence"] for each in blocked.json["findings"])

    with_desk(life, tmp_path)


def test_a_live_desk_that_may_only_read_sends_nothing(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        refused = await typed.json("order", "place", *MARKET, "--live", "--account", "U1234567")
        assert (refused.code, refused.json["cause"]) == (5, "read_only")
        assert typed.placed == 0

    with_desk(life, tmp_path, environment=Environment.LIVE, account="U1234567")


def test_a_desk_where_nobody_is_signed_in_says_who_acts(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        typed.gateway.expire_session()
        stopped = await typed.json("order", "place", *MARKET)
        assert (stopped.code, stopped.json["cause"]) == (3, "not_authenticated") and typed.placed == 0

    with_desk(life, tmp_path)


def test_a_lost_reply_is_told_as_unknown_and_never_as_failed(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        words = ("order", "place", *BUY, "--limit", "226.00", "--once", "only")
        preview = await typed.json("order", "preview", *words[2:-2])
        codes = [part for code in preview.json["to_accept"] for part in ("--accept", code)]
        typed.gateway.lose_reply("/orders$", method="POST")
        lost = await typed.json(*words, *codes)
        assert (lost.code, lost.json["status"]) == (4, "unknown")
        assert "Do not send it again" in lost.json["remedy"]
        found = await typed.json("order", "status", lost.json["order"]["ref"])
        assert found.code == 0 and found.json["status"] in ("held", "working") and typed.placed == 1

    with_desk(life, tmp_path)


def test_a_verdict_without_findings_is_not_called_fine_by_its_severity() -> None:
    empty = Verdict(findings=(), checked_at=NOON)
    assert finding_lines(empty) == ["Nothing was checked."]
    assert ticket_line(OrderTicket(account=MAIN, mode="demo"))  # type: ignore[arg-type]
