"""Which lines the session leaves in the vault."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from ibdesk.domain.accounts import Environment
from ibdesk.domain.session import Session, SessionFlags, SessionState
from ibdesk.services.session_log import SessionLog, standing
from tests.services.workshop import workshop


def test_a_state_a_rival_or_a_reason_makes_it_another_and_an_age_does_not(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            await shop.session.refresh()
            await shop.session.refresh()
            shop.dial.advance(timedelta(minutes=1))
            await shop.session.refresh()
            assert len(await shop.activity.sessions()) == 1
            shop.gateway.bad_bytes("not_json", path="auth/status")
            await shop.session.refresh()
            newest, oldest = await shop.activity.sessions()
            assert (newest.status, oldest.status) == ("ready", "ready") and newest.message and not oldest.message

    asyncio.run(run())
    rival = Session(state=SessionState.READY, flags=SessionFlags(reachable=True, competing=True))
    assert standing(rival) != standing(Session(state=SessionState.READY))


@pytest.mark.logs("could not be stored")
def test_a_vault_that_is_closed_does_not_stop_the_session(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            log = SessionLog(shop.database, environment=Environment.DEMO, clock=shop.dial)
            await shop.database.close()
            await log.write(shop.session.session)

    asyncio.run(run())


def test_the_history_is_read_newest_first_and_only_so_much_of_it(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path) as shop:
            for _ in range(3):
                await shop.session.refresh()
                shop.gateway.expire_session()
                await shop.session.refresh()
                shop.gateway.login.start_ready()
            told = await shop.activity.sessions(limit=4)
            assert [record.status for record in told] == ["signed out", "ready", "signed out", "ready"]

    asyncio.run(run())
