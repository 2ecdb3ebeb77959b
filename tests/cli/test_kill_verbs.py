"""The kill switch from the command line: on an open desk, and on one whose window stands still."""

import asyncio
import json
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from ibdesk.cli.channel_server import Channel
from ibdesk.desk_door import Shown
from tests.cli.order_desk import OrderDesk, with_desk
from tests.cli.test_order_changes import FAR, placed, until
from tests.services.workshop import MAIN, SECOND


def test_it_cancels_what_works_and_lets_nothing_open_until_it_is_lifted(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        ref = await placed(typed)
        killed = await typed.json("kill", "--reason", "enough for today")
        assert (killed.code, killed.json["status"]) == (0, "success")
        assert killed.json["cancelled"] == [MAIN, SECOND] and killed.json["kept"]
        await until(typed, ref, "cancelled")
        assert (await typed.json("order", "status")).json["kill_switch"] == "enough for today"
        typed.gateway.clock.advance(timedelta(seconds=11))
        before = typed.placed
        stopped = await typed.json(*FAR)
        assert stopped.code == 5 and "kill switch" in stopped.json["message"] and typed.placed == before
        lifted = await typed.json("kill", "--lift")
        assert (lifted.code, lifted.json["status"]) == (0, "lifted")
        assert (await typed.accepted(*FAR)).code == 0

    with_desk(life, tmp_path)


def test_flatten_closes_positions_through_the_gate_and_asks_before_each(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        await typed.json("sync")
        flat = await typed.json("kill", "--flatten", "--yes-to", "o10151")
        assert flat.json["locked"] and len(flat.json["closing"]) > 5
        assert flat.code == (4 if flat.json["not_closed"] else 0)
        ours = [each for each in (await typed.json("order", "status")).json["orders"]
                if each["ref"] in flat.json["closing"]]  # fmt: skip
        assert {each["state"] for each in ours} <= {"filled", "held", "working", "pending", "declined"}
        assert any(each["state"] == "filled" for each in ours)

    with_desk(life, tmp_path)


def test_flatten_does_not_close_twice_what_was_sold_since_the_last_sync(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        await typed.json("sync")
        sell = ("order", "place", "--symbol", "AAPL", "--qty", "420", "--side", "sell", "--type", "MKT")
        sold = await typed.accepted(*sell, "--yes-to", "o10151")
        await until(typed, sold.json["order"]["ref"], "filled")
        typed.gateway.clock.advance(timedelta(seconds=31))
        flat = await typed.json("kill", "--flatten", "--yes-to", "o10151")
        orders = (await typed.json("order", "status")).json["orders"]
        closing = [each for each in orders if each["ref"] in flat.json["closing"] and each["account"] == MAIN]
        assert closing and not [each for each in closing if each["legs"][0]["label"] == "AAPL"]

    with_desk(life, tmp_path)


@pytest.mark.logs("Working orders could not be cancelled")
def test_a_gateway_that_is_gone_still_leaves_the_lock(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        await placed(typed)
        await typed.gateway.kill()
        killed = await typed.json("kill")
        assert (killed.code, killed.json["status"], killed.json["locked"]) == (4, "partial", True)
        assert [each["account"] for each in killed.json["not_cancelled"]] == [MAIN, SECOND]
        said = await typed.type("kill")
        assert said.code == 4 and "NOT cancelled" in said.out and "Trading is locked." in said.err
        assert "Trading is locked in Demo: only" in said.out
        assert typed.desk.kill_switch is not None and typed.desk.kill_switch.why

    with_desk(life, tmp_path)


def test_a_window_that_stands_still_locks_at_once_and_cancels_when_it_moves(tmp_path: Path) -> None:
    """The desk's own loop is blocked from before the command is typed until the lock was seen."""

    async def life(typed: OrderDesk) -> None:
        ref = await placed(typed)
        desk, seen = typed.desk, list[str]()
        channel = Channel(Shown(desk=desk, is_locked=lambda: False, come_forward=lambda: None))
        await channel.listening()
        is_over = asyncio.get_running_loop().create_future()
        ended = list[subprocess.CompletedProcess[str]]()
        locked = threading.Event()

        def look() -> None:
            assert desk.kill_switch is not None
            command = subprocess.Popen(
                [sys.executable, "-m", "ibdesk", "--home", str(desk.preferences.folder), "--json", "kill"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            assert command.stderr is not None
            seen.append(command.stderr.readline())
            seen.append(desk.kill_switch.why)
            locked.set()
            out, err = command.communicate(timeout=30)
            ended.append(subprocess.CompletedProcess(command.args, command.returncode, out, err))
            is_over.get_loop().call_soon_threadsafe(is_over.set_result, None)

        threading.Thread(target=look).start()
        assert locked.wait(30)  # blocks this very loop
        assert seen == ["Trading is locked.\n", "pressed on the command line"]
        await is_over
        await channel.close()
        answer = json.loads(ended[0].stdout)
        assert (ended[0].returncode, answer["status"]) == (0, "success")
        await until(typed, ref, "cancelled")

    with_desk(life, tmp_path)
