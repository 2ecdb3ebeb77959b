"""Desks: what is built around a vault with and without a broker, and the calendar they share."""

import asyncio
from datetime import date
from pathlib import Path

import pytest

from ibdesk import wiring
from ibdesk.domain.accounts import Environment
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.modes import Mode
from tests.services.workshop import PASSPHRASE
from tests.test_wiring import result


def test_switched_off_or_not_connected_the_books_stay_readable(tmp_path: Path) -> None:
    async def run() -> None:
        desk, _ = await wiring.create_desk(
            tmp_path, PASSPHRASE, result(), overrides={"ibkr_enabled": "off"}, watching=False
        )
        assert (desk.session, desk.sync, desk.market, desk.live) == (None, None, None, None)
        assert len(await desk.book.accounts()) == 1
        await desk.close()
        desk = await wiring.open_desk(tmp_path, PASSPHRASE, environment=Environment.LIVE)
        assert desk.session is None and desk.mode is Mode.IBKR_LIVE
        await desk.close()

    asyncio.run(run())


def test_a_gateway_on_another_computer_that_nobody_allowed_is_reported_and_the_desk_opens(tmp_path: Path) -> None:
    reported: list[BaseException] = []

    async def run() -> None:
        desk, _ = await wiring.create_desk(tmp_path, PASSPHRASE, result(), watching=False)
        await desk.close()
        far = {"gateway_url": "https://192.0.2.7:5000"}
        desk = await wiring.open_desk(tmp_path, PASSPHRASE, overrides=far)
        desk.tasks.on_failure = lambda name, error: reported.append(error)
        await asyncio.sleep(0.01)
        assert desk.session is None and len(await desk.book.accounts()) == 1
        await desk.close()
        with pytest.raises(Refused):
            await wiring.open_desk(tmp_path, PASSPHRASE, overrides=far, watching=False)

    asyncio.run(run())
    (error,) = reported
    assert isinstance(error, DeskError) and error.cause is Cause.HOST_NOT_LOOPBACK


def test_the_calendar_knows_holidays_and_half_days() -> None:
    calendar = wiring.exchange_calendar(2026)

    assert not calendar.is_trading_day(date(2026, 11, 26))
    assert calendar.close_time(date(2026, 11, 27)).hour == 13
    assert calendar.is_trading_day(date(2026, 11, 20))
