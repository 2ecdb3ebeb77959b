"""The vault's Flex queries and their pulls, on a real vault and the demo's service."""

import asyncio
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from ibdesk.brokers.statements import Period
from ibdesk.demo.clock import DemoClock
from ibdesk.demo.flex import QUERY, TOKEN, DemoFlex
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Refused
from ibdesk.domain.events import SettingsChanged
from ibdesk.services.flex import Flex, Pulled
from ibdesk.services.hub import Hub
from ibdesk.store import audit
from ibdesk.store.database import Database
from ibdesk.wiring.flex import flex_for
from tests.brokers.flex.bench import ACCOUNT, IDENTITY, NOON, Passing
from tests.services.workshop import Heard, open_database_in


@dataclass(kw_only=True)
class Room:
    flex: Flex
    demo: DemoFlex
    database: Database
    passing: Passing
    calls: list[ApiCall]
    heard: Heard

    async def add(self, label: str = "Daily", query: str = QUERY, token: str = TOKEN) -> None:
        await self.flex.add(label, query, token, service_url=self.demo.url,
                            certificate_sha256=self.demo.certificate_sha256)


@asynccontextmanager
async def room(folder: Path) -> AsyncIterator[Room]:
    passing, calls, hub = Passing(), [], Hub()
    demo = DemoFlex(ACCOUNT, DemoClock(NOON, ticks=passing.ticks), identity=IDENTITY, ticks=passing.ticks)
    await demo.start()
    async with open_database_in(folder / "home") as (vault, database):
        flex = flex_for(vault, database=database, hub=hub, on_call=calls.append, clock=passing.clock,
                        ticks=passing.ticks, pause=passing.pause)
        yield Room(flex=flex, demo=demo, database=database, passing=passing, calls=calls,
                   heard=Heard(hub, SettingsChanged))
    await demo.stop()


def in_room(folder: Path, work: Callable[[Room], Awaitable[None]]) -> None:
    async def main() -> None:
        async with room(folder) as it:
            await work(it)

    asyncio.run(main())


def test_queries_are_kept_trimmed_replaced_and_removed(tmp_path: Path) -> None:
    async def work(it: Room) -> None:
        await it.add(" Daily ", f"{QUERY}\n", f"\ufeff  {TOKEN} \r\n")
        await it.add("Trust", "1000002", "5566778899001122334455")
        known = await it.flex.queries()
        assert [(each.label, each.query_id, each.token) for each in known] == [
            ("Daily", QUERY, TOKEN), ("Trust", "1000002", "5566778899001122334455")
        ]  # fmt: skip
        await it.add("Trust", "1000003")
        assert [each.query_id for each in await it.flex.queries()] == [QUERY, "1000003"]
        await it.flex.remove("Trust")
        assert [each.label for each in await it.flex.queries()] == ["Daily"]
        assert it.heard.events == [SettingsChanged(names=("flex_queries",))] * 4
        lines = await it.database.read(audit.load_calls)
        assert [(line.call.method, line.call.path) for line in reversed(lines)] == [
            ("PUT", "flex/Daily"), ("PUT", "flex/Trust"), ("PUT", "flex/Trust"), ("DELETE", "flex/Trust")
        ]  # fmt: skip
        assert TOKEN not in repr(lines) + repr(known)

    in_room(tmp_path, work)


@pytest.mark.parametrize(("label", "query", "token", "cause"), [
    ("", QUERY, TOKEN, Cause.BAD_SETTING), ("x" * 65, QUERY, TOKEN, Cause.BAD_SETTING),
    ("a\nb", QUERY, TOKEN, Cause.BAD_SETTING), ("Daily", "", TOKEN, Cause.BAD_SETTING),
    ("Daily", "1&t=2", TOKEN, Cause.BAD_SETTING), ("Daily", QUERY, "", Cause.FLEX_TOKEN),
    ("Daily", QUERY, "two words", Cause.FLEX_TOKEN),
])  # fmt: skip
def test_what_cannot_be_a_query_is_refused(tmp_path: Path, label: str, query: str, token: str, cause: Cause) -> None:
    async def work(it: Room) -> None:
        with pytest.raises(DeskError) as caught:
            await it.add(label, query, token)
        assert caught.value.cause is cause
        assert await it.flex.queries() == ()

    in_room(tmp_path, work)


def test_a_token_is_kept_for_no_other_place(tmp_path: Path) -> None:
    async def work(it: Room) -> None:
        with pytest.raises(Refused) as caught:
            await it.flex.add("Daily", QUERY, TOKEN, service_url="https://example.com")
        assert caught.value.cause is Cause.HOST_NOT_LOOPBACK and await it.flex.queries() == ()
        await it.flex.add("Daily", QUERY, TOKEN)  # the broker's own service
        assert [each.service_url for each in await it.flex.queries()] == [""]

    in_room(tmp_path, work)


def test_a_pull_asks_for_the_year_up_to_yesterday_in_new_york(tmp_path: Path) -> None:
    async def work(it: Room) -> None:
        await it.add()
        pulled = await it.flex.pull()
        asked = Period(first=date(2025, 11, 20), last=date(2026, 11, 19))
        assert (pulled.file.asked, asked.days, pulled.is_short) == (asked, 365, False)
        it.passing.passed += 10 * 3600  # 03:48 UTC the next day, still the 20th there
        assert (await it.flex.pull("Daily")).file.asked == asked
        named = await it.flex.pull(first=date(2026, 11, 10), last=date(2026, 11, 18))
        assert named.file.asked == named.file.told == Period(first=date(2026, 11, 10), last=date(2026, 11, 18))

    in_room(tmp_path, work)


@pytest.mark.parametrize(("first", "last"), [
    (date(2026, 11, 18), date(2026, 11, 17)), (date(2025, 11, 1), date(2026, 11, 1)), (date(2026, 11, 20), None),
    (None, date.min), (None, date(1, 6, 1)), (date.min, date.min), (date.min, None), (date.max, None),
])  # fmt: skip
def test_days_that_cannot_be_asked_for_are_refused_before_anything_is_sent(
    tmp_path: Path, first: date | None, last: date | None
) -> None:
    async def work(it: Room) -> None:
        await it.add()
        with pytest.raises(Refused) as caught:
            await it.flex.pull(first=first, last=last)
        assert caught.value.cause is Cause.BAD_SETTING and it.demo.calls == ()

    in_room(tmp_path, work)


def test_which_query_is_meant_is_never_guessed(tmp_path: Path) -> None:
    async def work(it: Room) -> None:
        with pytest.raises(NeedsPerson, match="No Flex query"):
            await it.flex.pull()
        with pytest.raises(Refused):
            await it.flex.remove("Daily")
        await it.add()
        await it.add("Trust")
        for label in (None, "Nobody's"):
            with pytest.raises(Refused) as caught:
                await it.flex.pull(label)
            assert "Daily, Trust" in caught.value.remedy
        with pytest.raises(Refused):
            await it.flex.remove("Nobody's")
        assert it.demo.calls == ()

    in_room(tmp_path, work)


def test_pulls_with_one_token_follow_each_other(tmp_path: Path) -> None:
    async def work(it: Room) -> None:
        await it.add()
        await it.add("Again")
        await asyncio.gather(it.flex.pull("Daily"), it.flex.pull("Again"))
        assert [call.step for call in it.demo.calls] == ["SendRequest", "GetStatement", "GetStatement"] * 2
        it.demo.complain("token_expired")
        with pytest.raises(NeedsPerson):
            await it.flex.pull("Daily")
        assert (await it.flex.pull("Again")).file.content  # a failed pull lets the next one begin

    in_room(tmp_path, work)


def test_a_statement_that_shrank_is_noticed(tmp_path: Path) -> None:
    async def work(it: Room) -> None:
        await it.add()
        pulled = await it.flex.pull()

        def short(first: date, last: date) -> bool:
            file = replace(pulled.file, told=Period(first=first, last=last))
            return Pulled(query=pulled.query, file=file).is_short

        asked = pulled.file.asked
        assert asked is not None
        assert short(asked.last, asked.last)
        assert short(asked.first, asked.last - timedelta(days=6))
        assert not short(asked.first + timedelta(days=4), asked.last - timedelta(days=4))

    in_room(tmp_path, work)


def test_a_statement_is_written_whole_for_this_user_alone(tmp_path: Path) -> None:
    async def work(it: Room) -> None:
        await it.add()
        pulled = await it.flex.pull()
        path = tmp_path / "new" / "statement.xml"
        await it.flex.save(pulled, path)
        with pytest.raises(DeskError, match="already"):
            await it.flex.save(pulled, path)
        with pytest.raises(DeskError, match="already"):
            await it.flex.require_free(path)
        await it.flex.save(pulled, path, replace=True)
        assert path.read_bytes() == pulled.file.content
        assert [each.name for each in path.parent.iterdir()] == ["statement.xml"]
        if sys.platform != "win32":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(DeskError):
            await it.flex.save(pulled, path / "below a file.xml")

    in_room(tmp_path, work)
