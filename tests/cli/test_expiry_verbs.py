"""The board and a holder's word on the command line: options of today on the demo, and an exercise in Local Paper."""

from datetime import date
from decimal import Decimal
from pathlib import Path

from ibdesk.cli.expiry_verbs import WORDS
from ibdesk.demo.clock import NEW_YORK
from ibdesk.demo.fills import Fill
from ibdesk.domain.modes import Mode
from ibdesk.domain.receipts import Step
from tests.cli.order_desk import OrderDesk, with_desk

SPY, MAIN = 756733, "DU7654321"
PAPER = {"local_paper": "true"}


def today(desk: OrderDesk) -> date:
    return desk.gateway.clock.now().astimezone(NEW_YORK).date()


def strike(desk: OrderDesk, away: int) -> int:
    """So far above the price of SPY."""
    return round(desk.gateway.account.market.price(SPY, desk.gateway.clock.now())) + away


def hold(desk: OrderDesk, right: str, away: int, quantity: int) -> str:
    """The demo's account got options of today; their name."""
    day, at = today(desk), desk.gateway.clock.now()
    option = desk.gateway.account.market.catalogue.option(SPY, day, right, Decimal(strike(desk, away)))
    desk.gateway.account.record(Fill(
        exec_id=f"t.{option.conid}.01", account=MAIN, listing=option, quantity=Decimal(quantity), price=Decimal(1),
        at=at, commission=Decimal(0), order_id=1))
    return f"SPY {day:%y%m%d}{right}{strike(desk, away)}"


async def bought(desk: OrderDesk, right: str, away: int, quantity: int) -> str:
    """Options of today, bought in the open mode; their name."""
    name = f"SPY {today(desk):%y%m%d}{right}{strike(desk, away)}"
    option = desk.gateway.account.market.catalogue.option(SPY, today(desk), right, Decimal(strike(desk, away)))
    price = desk.gateway.account.market.price(option.conid, desk.gateway.clock.now())
    limit = format(price + Decimal("0.30"), "f")
    words = ("order", "place", "--symbol", name, "--side", "buy", "--qty", str(quantity), "--limit", limit)
    ran = await desk.accepted(*words)
    assert ran.code == 0, ran.out + ran.err
    return name


def test_the_board_lists_what_ends_and_what_it_moves(tmp_path: Path) -> None:
    async def life(desk: OrderDesk) -> None:
        call, put = hold(desk, "C", -20, 2), hold(desk, "P", -20, -3)
        await desk.type("sync")
        ran = await desk.json("expiry", "--within", "today")
        assert ran.code == 0 and not ran.json["takes_instructions"]
        rows = {row["contract"].split()[-2] + row["contract"][-1]: row for row in ran.json["positions"]}
        found, other = rows[f"{call[11:]}C"], rows[f"{put[11:]}P"]
        assert (found["quantity"], found["moneyness"], found["shares"]) == ("2", "ITM", "200")
        assert (other["quantity"], other["moneyness"], other["shares"]) == ("-3", "OTM", "0")
        assert found["broker_until"] and found["extrinsic"] is not None
        (together,) = ran.json["together"]
        assert together["symbol"] == "SPY" and together["shares"] == "200"
        told = await desk.type("expiry")
        assert "ITM" in told.out and "New York" in told.out

    with_desk(life, tmp_path)


def test_an_empty_board_says_so(tmp_path: Path) -> None:
    async def life(desk: OrderDesk) -> None:
        await desk.type("sync")
        ran = await desk.type("expiry", "--within", "today")
        assert ran.code == 0 and ran.out.strip() == "No option ends today."

    with_desk(life, tmp_path)


def test_the_web_api_takes_no_exercise_and_says_where_to_go(tmp_path: Path) -> None:
    async def life(desk: OrderDesk) -> None:
        name = hold(desk, "C", -20, 2)
        ran = await desk.json("option", "exercise", "--contract", name, "--qty", "1", "--accept", "EXERCISE_TIME_VALUE")
        assert ran.code == 5 and "Exercise/Lapse Options" in ran.json["remedy"]
        assert (await desk.json("option", "exercise", "--contract", "SPY 261218C1", "--qty", "1")).code == 5

    with_desk(life, tmp_path)


def test_an_exercise_in_local_paper_is_asked_told_and_withdrawn(tmp_path: Path) -> None:
    async def life(desk: OrderDesk) -> None:
        assert desk.desk.mode is Mode.LOCAL_PAPER
        name = await bought(desk, "C", -20, 2)
        words = ("option", "exercise", "--contract", name, "--qty", "1")
        first = await desk.json(*words)
        assert first.code == 3 and "EXERCISE_TIME_VALUE" in first.json["missing"]
        told = await desk.accepted(*words)
        assert told.code == 0 and told.json["status"] == "told"
        board = await desk.json("expiry", "--within", "today")
        assert board.json["takes_instructions"] and board.json["positions"][0]["instruction"]["quantity"] == "1"
        steps = [each.receipt.step for each in await desk.desk.activity.receipts(limit=20)]
        assert Step.EXERCISE in steps
        gone = await desk.json("option", "withdraw", "--contract", name)
        assert gone.code == 0
        assert (await desk.json("option", "withdraw", "--contract", name)).code == 5

    with_desk(life, tmp_path, overrides=PAPER)


def test_out_of_the_money_needs_its_word(tmp_path: Path) -> None:
    async def life(desk: OrderDesk) -> None:
        name = await bought(desk, "C", 10, 1)
        words = ("option", "exercise", "--contract", name, "--qty", "1")
        refused = await desk.accepted(*words)
        assert refused.code == 5 and refused.json["status"] == "blocked"
        wrong = await desk.accepted(*words, "--override", "yes")
        assert wrong.code == 5
        told = await desk.accepted(*words, "--override", WORDS[False])
        assert told.code == 0, told.out
        too_many = await desk.accepted("option", "lapse", "--contract", name, "--qty", "2")
        assert too_many.code == 5 and "are held" in too_many.json["message"]

    with_desk(life, tmp_path, overrides=PAPER)
