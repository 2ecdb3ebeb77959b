"""The order of calls behind one statement: SendRequest, a polite wait, GetStatement; what each code makes of it.

One pull keeps count of what it was told. Every code has its own waits (`codes`); a reference that went stale and a
request that could not be validated begin anew once; a period the query cannot take is left to the query once, unless
a person chose it.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from ibdesk.brokers.base import CallSink
from ibdesk.brokers.flex.answers import Accepted, Failed, Whole, read_answer
from ibdesk.brokers.flex.codes import Code, Then, code_of, error_of
from ibdesk.brokers.flex.hosts import statement_url
from ibdesk.brokers.flex.pace import Paces, Pause
from ibdesk.brokers.flex.wire import SILENCE, Wire
from ibdesk.brokers.statements import (
    Period,
    StatementFile,
    StatementPlace,
    StatementProgress,
    StatementStage,
    StatementWanted,
)
from ibdesk.domain.errors import Cause, DeskError, Unavailable

#: Seconds until the first look: small statements are ready by then (reference/flex-and-nav.md A4).
FIRST_LOOK = 2.0
#: Big statements and weekends are slow; after this the pull ends and may be begun again later.
PATIENCE = timedelta(minutes=10)
#: Seconds before a statement is asked for again whose connection was cut: the broker still has it.
_AFTER_A_CUT = (5.0, 20.0)
#: Answers this small may be a refusal; a token in one is removed before anything is made of it.
_SMALL = 64 * 1024
_CUT = (Cause.FLEX_UNREACHABLE, Cause.TIMED_OUT)

Progress = Callable[[StatementProgress], None]


class FlexClient:
    """The Flex service at one place. See `statements.StatementSource`."""

    def __init__(
        self,
        place: StatementPlace,
        *,
        paces: Paces,
        on_call: CallSink,
        clock: Callable[[], datetime],
        ticks: Callable[[], float] = time.monotonic,
        pause: Pause = asyncio.sleep,
        patience: timedelta = PATIENCE,
        silence: timedelta = SILENCE,
    ) -> None:
        self._wire = Wire(place, on_call=on_call, clock=clock, silence=silence)
        self._paces, self._clock, self._ticks, self._pause = paces, clock, ticks, pause
        self._patience = patience.total_seconds()

    async def open(self) -> None:
        await self._wire.open()

    async def close(self) -> None:
        await self._wire.close()

    async def fetch(self, token: str, wanted: StatementWanted, progress: Progress) -> StatementFile:
        """Ask, wait while it is made, fetch. Raises the branch of the code that ended it; Unavailable(FLEX_NOT_READY)
        when it is still being made at the end of our patience."""
        pull = _Pull(self._wire, self._paces, self._clock, self._ticks, self._pause, self._patience)
        return await pull.run(token, wanted, progress)


class _Pull:
    """One statement on its way."""

    def __init__(
        self, wire: Wire, paces: Paces, clock: Callable[[], datetime], ticks: Callable[[], float], pause: Pause,
        patience: float,
    ) -> None:  # fmt: skip
        self._wire, self._paces, self._clock, self._pause = wire, paces, clock, pause
        self._ticks, self._begun, self._patience = ticks, ticks(), patience
        self._told: Counter[int] = Counter()
        self._cuts = 0

    async def run(self, token: str, wanted: StatementWanted, progress: Progress) -> StatementFile:
        self._token, self._progress = token, progress
        period: Period | None = wanted.period
        accepted: Accepted | None = None
        while True:
            answer = await self._ask(wanted.query_id, period) if accepted is None else await self._fetch(accepted)
            match answer:
                case Accepted() if accepted is None:
                    accepted = answer
                    await self._rest(FIRST_LOOK, StatementStage.GENERATING)
                case Whole() if accepted is not None:
                    return StatementFile(
                        content=answer.content, query_id=wanted.query_id, reference=accepted.reference, asked=period,
                        told=answer.told, received_at=self._clock(),
                    )
                case Failed(number=1003) if period is not None and not wanted.is_firm:
                    period, accepted = None, None
                case Failed():
                    if await self._after(answer, is_asked=accepted is not None) is Then.ANEW:
                        accepted = None
                case _:
                    raise error_of(code_of(1020, ""), self._clock())  # each call was answered with the other's answer

    async def _ask(self, query_id: str, period: Period | None) -> Accepted | Failed | Whole:
        query = {"t": self._token, "q": query_id, "v": "3"}
        if period is not None:
            query |= {"fd": f"{period.first:%Y%m%d}", "td": f"{period.last:%Y%m%d}"}
        return await self._call(f"{self._wire.base}/SendRequest", query, StatementStage.ASKING)

    async def _fetch(self, accepted: Accepted) -> Accepted | Failed | Whole:
        query = {"t": self._token, "q": accepted.reference, "v": "3"}
        url = statement_url(self._wire.base, accepted.url)
        while True:
            try:
                return await self._call(url, query, StatementStage.FETCHING)
            except Unavailable as problem:
                if problem.cause not in _CUT or self._cuts == len(_AFTER_A_CUT):
                    raise
            self._cuts += 1
            await self._rest(_AFTER_A_CUT[self._cuts - 1], StatementStage.FETCHING)

    async def _call(self, url: str, query: dict[str, str], stage: StatementStage) -> Accepted | Failed | Whole:
        self._say(stage)
        status, body = await self._wire.get(
            url, query, pace=self._paces.of(self._token), heard=lambda count: self._say(stage, bytes_=count)
        )
        if len(body) < _SMALL:
            body = body.replace(self._token.encode(), b"***")
        answer = read_answer(status, body)
        return replace(answer, words=answer.words[:200]) if isinstance(answer, Failed) else answer

    async def _after(self, failed: Failed, *, is_asked: bool) -> Then:
        """Wait as long as the code wants and say how to go on. Raises its error when there is nothing more to try."""
        code = code_of(failed.number, failed.words)
        tries = self._told[code.number]
        self._told[code.number] += 1
        if code.then is Then.ACT or (tries >= len(code.waits) and not code.keeps_on):
            raise error_of(code, self._clock(), failed.words)
        wait = code.waits[min(tries, len(code.waits) - 1)]
        await self._rest(wait, StatementStage.GENERATING if is_asked else StatementStage.ASKING, code)
        return code.then

    async def _rest(self, seconds: float, stage: StatementStage, code: Code | None = None) -> None:
        if self._waited + seconds > self._patience:
            raise self._out_of_patience(code)
        self._say(stage, next_in=seconds)
        await self._pause(seconds)

    def _out_of_patience(self, code: Code | None) -> DeskError:
        return error_of(code or code_of(1019, ""), self._clock())

    def _say(self, stage: StatementStage, *, next_in: float = 0.0, bytes_: int = 0) -> None:
        self._progress(StatementProgress(stage=stage, waited=self._waited, next_in=next_in, bytes=bytes_))

    @property
    def _waited(self) -> float:
        return self._ticks() - self._begun
