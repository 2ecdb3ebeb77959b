"""Where a list of positions ends when nobody says how long it is, and how far ahead of its end we may ask."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import msgspec

from ibdesk.brokers.portal.parse.positions import Row, rows
from ibdesk.domain.errors import BadData, Cause

Rows = Sequence[Row | msgspec.Raw]

#: Nobody holds a hundred thousand instruments; more pages than that is a gateway that ignores the page number.
_MOST_PAGES = 1000
#: A full page is 100 rows, and was 30 in older versions (reference/client-portal-api.md section 4): a list with
#: shorter pages is about to end.
_FULL = 30
#: The gateway serves 5 requests at a time; the rest of the desk keeps two of them.
_TOGETHER = 3


async def every_page(fetch: Callable[[int], Awaitable[bytes]]) -> AsyncIterator[Rows]:
    """Pages until one is empty or brings nothing new. A short page ends nothing: page sizes differ by version.

    Once two pages were full the next are asked for together, so a long list costs up to two requests past its end.
    Raises what `fetch` raised for a page before the end; BadData for a list without one.
    """
    lengths: list[int] = []
    seen: set[tuple[int | None, int | None]] = set()
    while len(lengths) < _MOST_PAGES:
        bodies = await _together(fetch, len(lengths), _TOGETHER if _goes_on(lengths) else 1)
        while bodies:
            body = bodies.pop(0)
            if isinstance(body, BaseException):
                raise body
            page = rows(body)
            ends = _ends(page)
            if not page or (ends in seen and any(ends)):
                return
            lengths.append(len(page))
            seen.add(ends)
            yield page
    raise BadData(
        "The broker's list of positions does not end.", remedy="Restart the gateway.", cause=Cause.BAD_ANSWER
    )


def _ends(page: Rows) -> tuple[int | None, int | None]:
    """The first and the last instrument, which tell a page that was sent before from a new one."""
    first, last = (row.conid if isinstance(row, Row) else None for row in (page[0], page[-1])) if page else (None, None)
    return first, last


def _goes_on(lengths: Sequence[int]) -> bool:
    """The second page was a full one, and so was the latest."""
    return len(lengths) > 1 and lengths[-1] >= max(lengths[0], _FULL)


async def _together(
    fetch: Callable[[int], Awaitable[bytes]], first: int, count: int
) -> list[bytes | BaseException]:
    """These pages in order, each or why it failed: a failure past the end is none."""
    if count == 1:
        return [await fetch(first)]
    return await asyncio.gather(*(fetch(first + ahead) for ahead in range(count)), return_exceptions=True)
