"""The client against the demo's service over HTTPS: what is sent, how long it waits, what each refusal ends in."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from ibdesk.brokers.flex.client import FIRST_LOOK
from ibdesk.brokers.flex.codes import CODES, Then
from ibdesk.brokers.statements import Period, StatementPlace, StatementStage
from ibdesk.demo.flex import CODES as NAMED
from ibdesk.demo.flex import QUERY, TOKEN
from ibdesk.domain.errors import BadData, Cause, DeskError, NeedsPerson, Refused, Unavailable
from tests.brokers.flex.bench import ASKED, NOON, Bench, bench

SEND, GET = "SendRequest", "GetStatement"


def on_bench(work: Callable[[Bench], Awaitable[Any]], **options: Any) -> Any:
    async def main() -> Any:
        async with bench(**options) as it:
            return await work(it)

    return asyncio.run(main())


def failing(it: Bench, **options: Any) -> "Awaitable[DeskError]":
    async def main() -> DeskError:
        with pytest.raises(DeskError) as caught:
            await it.fetch(**options)
        assert_secret(caught.value)
        return caught.value

    return main()


def assert_secret(error: BaseException | None) -> None:
    """The token is in no text of an error and of everything that led to it."""
    while error is not None:
        for text in (str(error), repr(error), repr(error.args), repr(vars(error))):
            assert TOKEN not in text
        error = error.__cause__ or error.__context__


def test_two_calls_give_the_statement() -> None:
    async def work(it: Bench) -> None:
        file = await it.fetch()
        assert file.content.startswith(b"<FlexQueryResponse") and b"<OpenPosition " in file.content
        assert (file.asked, file.told, file.query_id) == (ASKED, Period(first=ASKED.first, last=date(2026, 11, 19)),
                                                          QUERY)
        first, second = it.demo.calls
        assert (first.step, second.step) == (SEND, GET)
        assert first.query == {"t": TOKEN, "q": QUERY, "v": "3", "fd": "20251120", "td": "20261119"}
        assert second.query == {"t": TOKEN, "q": file.reference, "v": "3"}
        assert first.agent.startswith("ibdesk/"), "the service wants to know who asks"
        assert it.passing.pauses == [FIRST_LOOK]

    on_bench(work)


def test_every_call_is_audited_without_the_token() -> None:
    async def work(it: Bench) -> None:
        it.demo.complain("heavy_load")
        await it.fetch()
        path = "/AccountManagement/FlexWebService"
        assert [call.path for call in it.calls] == [
            f"{path}/SendRequest?t=***&q={QUERY}&v=3&fd=20251120&td=20261119",
            f"{path}/SendRequest?t=***&q={QUERY}&v=3&fd=20251120&td=20261119",
            f"{path}/GetStatement?t=***&q={it.demo.calls[-1].query['q']}&v=3",
        ]
        assert {(call.channel, call.method, call.status, call.outcome) for call in it.calls} == {
            ("flex", "GET", 200, "ok")
        }
        assert it.calls[-1].bytes_in > 1000 and TOKEN not in repr(it.calls)

    on_bench(work)


def test_a_statement_in_the_making_is_asked_for_politely_with_the_same_reference() -> None:
    async def work(it: Bench) -> None:
        await it.fetch()
        assert it.asked == [SEND] + [GET] * 13
        assert len({call.query["q"] for call in it.demo.calls[1:]}) == 1
        waits = [pause for pause in it.passing.pauses if pause > 1.2]
        assert waits[:8] == [FIRST_LOOK, 5, 5, 10, 10, 20, 20, 30]
        shown = [step for step in it.steps if step.next_in]
        assert {step.stage for step in shown} == {StatementStage.GENERATING}
        assert [step.waited for step in shown] == sorted(step.waited for step in shown)
        assert it.steps[-1].stage is StatementStage.FETCHING and it.steps[-1].bytes > 1000

    on_bench(work, not_ready=12)


def test_patience_ends_with_a_time_to_come_back() -> None:
    async def work(it: Bench) -> None:
        error = await failing(it)
        assert isinstance(error, Unavailable) and error.cause is Cause.FLEX_NOT_READY
        assert it.passing.passed <= 600 and error.retry_at == it.passing.clock() + timedelta(minutes=15)

    on_bench(work, not_ready=10_000)


@pytest.mark.parametrize("name", NAMED)
def test_every_refusal_that_stays_ends_in_its_sentence(name: str) -> None:
    """The demo refuses a query called like a code for ever; ours asks no more often than the table says."""
    code = CODES[NAMED[name][0]]

    async def work(it: Bench) -> None:
        error = await failing(it, query=name, is_firm=True)
        assert (type(error), error.cause, error.message) == (code.branch, code.cause, code.sentence)
        assert len(it.demo.calls) == (24 if code.keeps_on else 1 + len(code.waits))
        assert it.asked == [SEND] * len(it.demo.calls)
        if code.retry_in is not None:
            assert isinstance(error, Unavailable) and error.retry_at == it.passing.clock() + code.retry_in

    on_bench(work)


@pytest.mark.parametrize("name", [name for name, (number, _) in NAMED.items() if CODES[number].waits])
@pytest.mark.parametrize("step", [SEND, GET])
def test_a_refusal_that_passes_is_waited_out(name: str, step: str) -> None:
    code = CODES[NAMED[name][0]]

    async def work(it: Bench) -> None:
        it.demo.complain(name, step=step)
        assert (await it.fetch()).content
        assert code.waits[0] in it.passing.pauses
        again = {SEND: [SEND, SEND, GET], GET: [SEND, GET, GET]}[step]
        assert it.asked == ([SEND, GET, SEND, GET] if step == GET and code.then is Then.ANEW else again)

    on_bench(work)


@pytest.mark.parametrize("step", [SEND, GET])
def test_dates_a_query_cannot_take_are_left_to_it_once(step: str) -> None:
    async def work(it: Bench) -> None:
        it.demo.complain("not_available", step=step)
        file = await it.fetch()
        assert file.asked is None and file.told == Period(first=date(2026, 11, 19), last=date(2026, 11, 19))
        last = [call for call in it.demo.calls if call.step == SEND][-1]
        assert "fd" not in last.query and "td" not in last.query

    on_bench(work)


def test_days_a_person_chose_are_never_dropped() -> None:
    async def work(it: Bench) -> None:
        error = await failing(it, period=Period(first=date(2020, 1, 1), last=date(2020, 1, 31)), is_firm=True)
        assert isinstance(error, Refused) and error.cause is Cause.FLEX_NO_STATEMENT and it.asked == [SEND]

    on_bench(work)


def test_a_wrong_token_is_not_tried_twice() -> None:
    async def work(it: Bench) -> None:
        error = await failing(it, token="999999999999999")
        assert isinstance(error, NeedsPerson) and error.cause is Cause.FLEX_TOKEN and len(it.demo.calls) == 1

    on_bench(work)


@pytest.mark.parametrize("url", ["https://example.com/GetStatement", "https://127.0.0.1:1/GetStatement",
                                 "https://gdcdyn.interactivebrokers.com/x", "http://{here}/GetStatement"])
def test_a_statement_elsewhere_is_not_fetched(url: str) -> None:
    async def work(it: Bench) -> None:
        it.demo.point_to(url.format(here=it.demo.url.removeprefix("https://")))
        error = await failing(it)
        assert isinstance(error, BadData) and it.asked == [SEND]

    on_bench(work)


def test_without_an_address_the_documented_one_serves() -> None:
    async def work(it: Bench) -> None:
        it.demo.point_to("")
        assert (await it.fetch()).content

    on_bench(work)


@pytest.mark.parametrize(("name", "branch", "cause"), [
    ("html", Unavailable, Cause.MAINTENANCE), ("broken", Unavailable, Cause.MAINTENANCE),
    ("empty", BadData, Cause.BAD_ANSWER), ("csv", BadData, Cause.FLEX_QUERY), ("not_xml", BadData, Cause.BAD_ANSWER),
    ("bomb", BadData, Cause.BAD_ANSWER), ("other_xml", BadData, Cause.BAD_ANSWER),
    ("new_code", Refused, Cause.BROKER_ERROR), ("truncated", BadData, Cause.BAD_ANSWER),
])  # fmt: skip
@pytest.mark.parametrize("step", [SEND, GET])
def test_an_answer_that_is_none_ends_the_pull_at_once(name: str, branch: type, cause: Cause, step: str) -> None:
    async def work(it: Bench) -> None:
        it.demo.spoil(name, step=step)
        error = await failing(it)
        assert (type(error), error.cause) == (branch, cause)
        assert it.asked == ([SEND] if step == SEND else [SEND, GET])

    on_bench(work)


def test_a_token_the_service_repeats_is_not_repeated_by_us() -> None:
    async def work(it: Bench) -> None:
        it.demo.spoil("echo")
        error = await failing(it)
        assert error.message.endswith("It said: The token *** is unknown.")
        assert TOKEN not in repr(it.calls) + repr(it.steps)

    on_bench(work)


def test_an_unknown_code_that_says_try_again_is_tried_again_once() -> None:
    async def work(it: Bench) -> None:
        it.demo.spoil("new_transient_code")
        assert (await it.fetch()).content
        it.demo.spoil("new_transient_code", times=9)
        assert isinstance(await failing(it), Unavailable)

    on_bench(work)


def test_a_statement_whose_reply_was_lost_is_asked_for_again() -> None:
    async def work(it: Bench) -> None:
        it.demo.lose_reply(GET, times=2)
        assert (await it.fetch()).content
        assert it.asked == [SEND, GET, GET, GET]
        assert [call.outcome for call in it.calls] == ["ok", "flex_unreachable", "flex_unreachable", "ok"]
        it.demo.lose_reply(GET, times=3)
        error = await failing(it)
        assert isinstance(error, Unavailable) and error.cause is Cause.FLEX_UNREACHABLE

    on_bench(work)


def test_a_request_whose_reply_was_lost_is_not_sent_again() -> None:
    async def work(it: Bench) -> None:
        it.demo.lose_reply(SEND)
        assert isinstance(await failing(it), Unavailable) and it.asked == [SEND]

    on_bench(work)


def test_a_pull_never_outruns_the_pace_whatever_it_is_told() -> None:
    async def work(it: Bench) -> None:
        for name in ("not_validated", "not_retrieved", "reference_invalid", "in_progress"):
            it.demo.complain(name, step=GET)
        for _ in range(4):
            await it.fetch()
        at = [call.at for call in it.demo.calls]
        assert all(later - earlier >= 1 for earlier, later in pairwise(at))
        assert all(later - earlier >= 60 for earlier, later in zip(at, at[10:], strict=False))

    on_bench(work)


def test_a_service_with_another_certificate_is_sent_nothing() -> None:
    async def work(it: Bench) -> None:
        error = await failing(it)
        assert isinstance(error, NeedsPerson) and error.cause is Cause.CERTIFICATE_CHANGED
        assert it.demo.calls == ()

    on_bench(work, place=lambda demo: StatementPlace(url=demo.url, certificate_sha256="ab" * 32))


def test_a_dead_service_is_said_to_be_out_of_reach() -> None:
    async def work(it: Bench) -> None:
        await it.demo.stop()
        error = await failing(it)
        assert isinstance(error, Unavailable) and error.cause is Cause.FLEX_UNREACHABLE
        assert [call.status for call in it.calls] == [None]

    on_bench(work)


def test_a_silent_service_is_not_waited_for_for_ever() -> None:
    async def work(it: Bench) -> None:
        it.demo.slow(30.0)
        error = await failing(it)
        assert isinstance(error, Unavailable) and error.cause is Cause.TIMED_OUT

    on_bench(work, silence=timedelta(seconds=0.2))


def test_a_pull_that_is_given_up_is_audited_too() -> None:
    async def work(it: Bench) -> None:
        it.demo.slow(30.0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await it.fetch()
        assert [call.outcome for call in it.calls] == ["cancelled"]

    on_bench(work)


def test_the_time_of_a_statement_is_when_it_came() -> None:
    async def work(it: Bench) -> None:
        assert (await it.fetch()).received_at == NOON + timedelta(seconds=FIRST_LOOK)

    on_bench(work)
