"""Orders that are known already: changed, cancelled and told of from the command line."""

from datetime import timedelta
from pathlib import Path

from ibdesk.demo.gateway import DemoGateway
from tests.cli.conftest import Ibdesk, Served, connect
from tests.cli.order_desk import OrderDesk, Ran, with_desk
from tests.services.workshop import SECOND

FAR = ("order", "place", "--symbol", "AAPL", "--qty", "2", "--side", "buy", "--limit", "224.00")


async def placed(typed: OrderDesk, *words: str) -> str:
    sent = await typed.accepted(*(words or FAR))
    assert sent.code == 0, sent.out
    return str(sent.json["order"]["ref"])


def changing(method: str, gateway: DemoGateway) -> int:
    return sum(each == method and "/order/" in path for each, path in gateway.calls)


def test_a_working_order_is_changed_through_the_gate(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        ref = await placed(typed)
        typed.gateway.clock.advance(timedelta(seconds=11))
        changed = await typed.accepted("order", "modify", ref, "--limit", "225.00", "--qty", "3")
        assert changed.code == 0, changed.out
        assert (changed.json["order"]["limit"], changed.json["order"]["quantity"]) == ("225.00", "3")
        assert changed.json["order"]["ref"] == ref
        steps = (await typed.json("order", "status", ref)).json["steps"]
        assert "changed" in [each["step"] for each in steps]

    with_desk(life, tmp_path)


def test_a_change_that_is_blocked_or_not_confirmed_leaves_the_order_alone(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        ref = await placed(typed)
        asked = await typed.json("order", "modify", ref, "--limit", "225.00")
        assert (asked.code, asked.json["status"]) == (3, "needs_confirmation")
        blocked = await typed.json("order", "modify", ref, "--qty", "60000")
        assert (blocked.code, blocked.json["status"]) == (5, "blocked") and blocked.json["receipt"]
        assert float((await typed.json("order", "status", ref)).json["order"]["limit"]) == 224
        before = typed.placed
        for words in (("--stop", "220"), (), ("--trail", "1%")):
            assert (await typed.json("order", "modify", ref, *words)).code == 5
        assert typed.placed == before == 1

    with_desk(life, tmp_path)


def test_an_order_is_cancelled_by_either_of_its_ids(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        ref = await placed(typed)
        cancelled = await typed.json("order", "cancel", ref)
        assert (cancelled.code, cancelled.json["status"]) == (0, "cancelling")
        done = await until(typed, ref, "cancelled")
        assert done.json["order"]["filled"] == "0"
        again = await typed.json("order", "cancel", ref)
        assert (again.code, again.json["cause"]) == (5, "order_unknown")
        typed.gateway.clock.advance(timedelta(seconds=11))
        other = await typed.accepted(*FAR)
        assert (await typed.json("order", "cancel", other.json["order"]["order_id"])).code == 0

    with_desk(life, tmp_path)


def test_all_orders_of_one_account_are_cancelled_and_the_other_s_are_not(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        mine = await placed(typed)
        other = await placed(typed, *FAR, "--account", SECOND)
        told = await typed.json("order", "cancel", "--all")
        assert told.code == 0 and [each["ref"] for each in told.json["orders"]] == [mine]
        await until(typed, mine, "cancelled")
        assert (await typed.json("order", "status", other)).json["status"] in ("held", "working")

    with_desk(life, tmp_path)


def test_the_status_lists_orders_for_people_and_programs(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        assert (await typed.type("order", "status")).out == "No orders.\n"
        ref = await placed(typed)
        listed = await typed.json("order", "status")
        assert [each["ref"] for each in listed.json["orders"]] == [ref] and listed.json["kill_switch"] is None
        line = (await typed.type("order", "status")).out
        assert "BUY 2 × AAPL, limit 224  filled 0 of 2" in line and ref in line
        assert (await typed.json("order", "status", "--account", SECOND)).json["orders"] == []
        nobody = await typed.json("order", "status", "nothing")
        assert (nobody.code, nobody.json["cause"]) == (5, "order_unknown")

    with_desk(life, tmp_path)


def test_the_mode_that_is_meant_is_the_one_that_is_opened(ibdesk: Ibdesk, served: Served) -> None:
    connect(ibdesk, served)
    told = ibdesk("--json", "order", "status", "--mode", "local_paper")
    assert (told.code, told.json["mode"]) == (0, "local_paper")
    live = ibdesk("--json", "order", "status", "--mode", "ibkr_live")
    assert (live.code, live.json["cause"]) == (5, "unknown_account")


async def until(typed: OrderDesk, ref: str, state: str) -> Ran:
    for _ in range(50):
        told = await typed.json("order", "status", ref)
        if told.json["status"] == state:
            return told
    raise AssertionError(f"{ref} is {told.json['status']}, never {state}")
