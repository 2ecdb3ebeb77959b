"""`account permissions` says what each account may trade, by the rule's own words."""

from pathlib import Path

from tests.cli.order_desk import OrderDesk, with_desk
from tests.services.workshop import MAIN, SECOND


def test_every_strategy_is_told_with_its_reason_and_each_account_has_its_own_level(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        assert (await typed.type("sync")).code == 0
        told = (await typed.json("account", "permissions")).json["accounts"]
        assert [(each["account"], each["level"]) for each in told] == [(MAIN, "Level 3"), (SECOND, None)]
        assert told[0]["told_by"] == "entered with the connection"
        rows = {row["strategy"]: row for row in told[0]["strategies"]}
        assert rows["covered call"]["answer"] == "pass" and rows["covered call"]["least_level"] == "Level 1"
        naked = rows["uncovered short call"]
        assert naked["answer"] == "block" and naked["why"].endswith("the account has Level 3.") and naked["remedy"]
        assert {row["answer"] for row in told[1]["strategies"]} == {"pass", "confirm"}, "unknown is asked about"

    with_desk(life, tmp_path, options_level=3)


def test_one_account_is_told_in_lines_and_an_unread_one_is_refused(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        assert (await typed.type("sync")).code == 0
        said = await typed.type("account", "permissions", MAIN)
        assert said.out.startswith(f"{MAIN}  Level 3 (entered with the connection)")
        assert "block    uncovered short call" in said.out and SECOND not in said.out
        unread = await typed.type("account", "permissions", "DU9999999")
        assert unread.code != 0 and "account sync DU9999999" in unread.err

    with_desk(life, tmp_path, options_level=3)
