"""The red strip while trading is stopped."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ibdesk.ui.safety.kill_strip import KillStrip
from tests.ui.safety.stopped_desk import Stopped, stopped_desk


@pytest.fixture
def stopped(run, tmp_path, dressed):
    with stopped_desk(tmp_path / "home", run) as made:
        yield made


async def until(true: Callable[[], object]) -> None:
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


@pytest.fixture
def holder(stopped: Stopped, qtbot) -> QWidget:
    made = QWidget()
    QVBoxLayout(made)
    qtbot.addWidget(made)
    made.show()
    return made


def strip_in(holder: QWidget, stopped: Stopped) -> KillStrip:
    made = KillStrip(stopped.desk, stopped.bridge)
    holder.layout().addWidget(made)
    return made


def test_it_is_there_as_long_as_the_lock_holds(stopped: Stopped, holder: QWidget, run):
    async def life() -> None:
        strip = strip_in(holder, stopped)
        assert strip.isHidden()
        await stopped.switch.press("test")
        await until(strip.isVisible)
        assert strip.banner.text.text() == "Trading is stopped since 12:48 New York: test."
        await until(lambda: "Working orders are cancelled." in strip.banner.detail.text())
        await stopped.switch.lift()
        await until(strip.isHidden)

    run(life())


def test_a_daily_loss_says_that_it_ends_at_midnight_in_new_york(stopped: Stopped, holder: QWidget, run):
    async def life() -> None:
        strip = strip_in(holder, stopped)
        midnight = stopped.bench.now.replace(hour=5, minute=0) + timedelta(days=1)
        await stopped.switch.press("the day's loss of 50,001 is past your limit of 50,000", until=midnight)
        await until(strip.isVisible)
        assert "the day's loss of 50,001" in strip.banner.text.text()
        assert "by itself at midnight in New York, in 11 h." in strip.banner.detail.text()
        strip.draw(stopped.bench.now)
        stopped.bench.now = midnight
        strip.draw(midnight)
        assert strip.isHidden()

    run(life())


@pytest.mark.logs("could not be cancelled")
def test_it_offers_to_try_again_while_somebody_was_not_reached(stopped: Stopped, holder: QWidget, run):
    async def life() -> None:
        strip = strip_in(holder, stopped)
        stopped.bench.broker.is_down = True
        await stopped.switch.press("test")
        await until(strip.again.isVisible)
        assert "DU7654321: Nobody answers." in strip.banner.detail.text()
        stopped.bench.broker.is_down = False
        strip.again.click()
        await until(lambda: not strip.again.isVisible())
        assert "Working orders are cancelled." in strip.banner.detail.text()

    run(life())
