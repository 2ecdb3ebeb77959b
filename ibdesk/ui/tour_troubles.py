"""The part of the tour where things go wrong: what the session's end, another login, a dead gateway, maintenance and an
outage look like. The demo is really broken for the first three; the last two take a night or minutes, and are told."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from ibdesk.domain.away import AwayReport, FigureChange, HoldingChange
from ibdesk.domain.events import LinkChanged, SessionChanged, SessionEnding
from ibdesk.domain.maintenance import Outage
from ibdesk.domain.portfolio import AccountPage, figures_of
from ibdesk.domain.session import TICKLE_EVERY, Session, SessionFlags, SessionState
from ibdesk.domain.truth import StreamState, Truth, truth
from ibdesk.ui.frame.desk_view import DeskView
from ibdesk.ui.session.face import PANEL
from ibdesk.ui.session.panel import TruthPanel
from ibdesk.ui.session.popover import Popover

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.services.reconnect import Reconnect
    from ibdesk.services.session import SessionService

#: What is left behind, each in both themes.
PICTURES = (
    "session-ready", "session-expiring", "ending-60", "ending-15", "session-competing", "stale-dashboard",
    "stale-portfolio", "session-offline", "maintenance", "session-maintenance", "while-you-were-away",
)
QUARTER, HOUR, OUTAGE = timedelta(minutes=15), timedelta(hours=1), timedelta(minutes=45)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """What the tour lends: a picture, a wait for something that has to happen, half a second to settle, its voice."""

    shoot: Callable[[str], Awaitable[None]]
    happens: Callable[[Callable[[], bool], str], Awaitable[None]]
    settle: Callable[[], Awaitable[None]]
    say: Callable[[str], None]


async def see_troubles(guide: Guide, desk: "Desk", view: DeskView) -> None:
    """Go through all of it and leave the desk connected."""
    assert desk.session is not None  # noqa: S101 - the tour's desk is connected
    assert desk.reconnect is not None  # noqa: S101
    walk = _Walk(guide, desk, view, desk.session, desk.reconnect)
    view.open_room("dashboard")
    await walk.connected()
    await walk.see("session-ready")
    await walk.end()
    await walk.compete()
    await walk.kill()
    await walk.maintain()
    await walk.come_back()


class _Walk:
    def __init__(
        self, guide: Guide, desk: "Desk", view: DeskView, session: "SessionService", reconnect: "Reconnect"
    ) -> None:
        self._guide, self._desk, self._view = guide, desk, view
        self._session, self._reconnect = session, reconnect

    async def connected(self) -> None:
        """The session is ready, and the account was read anew since the gateway was last lost."""
        await self._guide.happens(
            lambda: self._session.session.is_ready and not self._is_lost(), "the gateway is back and the session ready")

    async def see(self, name: str, told: Truth | None = None, link: LinkChanged | None = None) -> None:
        """The truth panel over the page; a panel of its own shows what is `told` instead of what is true now."""
        if told is None:
            self._view.open_session()
            await self._guide.settle()
            await self._guide.shoot(name)
            self._view.open_session()
            return
        panel = TruthPanel()
        panel.show_truth(told, self._now, link)
        seconds = QTimer(panel)
        seconds.timeout.connect(lambda: panel.show_time(self._now))  # its countdowns run with the header's
        seconds.start(200)
        popover = Popover(panel, self._view.header.session, self._view, width=PANEL)
        popover.open()
        await self._guide.settle()
        await self._guide.shoot(name)
        popover.shut()
        popover.deleteLater()

    async def end(self) -> None:
        """The session has a quarter of an hour left."""
        await self.see("session-expiring", self._truth(self._ending(QUARTER)))
        for minutes, left in ((60, HOUR), (15, QUARTER)):
            self._ending(left)
            self._desk.hub.publish(SessionEnding(minutes=minutes, ends_at=self._now + left))
            await self._guide.settle()
            await self._guide.shoot(f"ending-{minutes}")
        self._view.session.strip.later.click()
        await self._session.refresh()
        self._guide.say("the end of the session is announced")

    def _ending(self, left: timedelta) -> Session:
        """Tell the whole window of a session that ends so soon, so that header, panel and strip agree."""
        session = replace(self._session.session, state=SessionState.EXPIRING, ends_at=self._now + left)
        self._desk.hub.publish(SessionChanged(session=session))
        return session

    async def compete(self) -> None:
        """Another login takes the session."""
        self._view.run("fault:compete")
        await self._guide.happens(
            lambda: self._session.session.state is SessionState.COMPETING, "another login takes the session")
        await self.see("session-competing")
        await self._heal()

    async def kill(self) -> None:
        """The gateway dies: everything of it is old at once."""
        self._view.run("fault:kill")
        await self._guide.happens(
            lambda: self._session.session.state is SessionState.OFFLINE and self._is_lost(), "the gateway dies")
        for room in ("dashboard", "portfolio"):
            self._view.open_room(room)
            await self._guide.settle()
            await self._guide.shoot(f"stale-{room}")
        self._view.open_room("dashboard")
        await self.see("session-offline")
        await self._heal()

    async def maintain(self) -> None:
        """What the panel and the page say in the broker's own night."""
        until = self._now + OUTAGE
        link = LinkChanged(source="portal", is_up=False, since=self._now, expected_until=until)
        before = self._reconnect.state
        self._desk.hub.publish(link)
        await self._guide.settle()
        await self._guide.shoot("maintenance")
        outage = Outage(name="the nightly maintenance", begins=self._now, ends=until)
        offline = Session(
            state=SessionState.OFFLINE, flags=SessionFlags(reachable=False), checked_at=self._now)
        await self.see("session-maintenance", self._truth(offline, outage), link)
        self._desk.hub.publish(before or replace(link, is_up=True))
        await self._guide.settle()
        self._guide.say("maintenance is told without alarm")

    async def come_back(self) -> None:
        """What an outage hid."""
        card = self._view.session.away
        card.show_report(_made_up(await self._desk.book.pages(), self._now))
        await self._guide.settle()
        await self._guide.shoot("while-you-were-away")
        card.close_button.click()
        self._guide.say("what an outage hid is told")

    async def _heal(self) -> None:
        self._view.run("fault:heal")
        await self.connected()

    def _is_lost(self) -> bool:
        return self._reconnect.state is not None and not self._reconnect.state.is_up

    def _truth(self, session: Session, outage: Outage | None = None) -> Truth:
        return truth(
            session, StreamState(is_up=session.is_ready, since=self._now, last_heard=self._now), outage=outage,
            boxed_until=None, now=self._now, tickle_every=TICKLE_EVERY)

    @property
    def _now(self) -> datetime:
        return self._desk.clock()


def _made_up(pages: tuple[AccountPage, ...], now: datetime) -> AwayReport:
    """A report on the demo's own holdings: two of them changed, and with them two figures."""
    page = pages[0]
    figures = figures_of(page)
    return AwayReport(
        since=now - timedelta(minutes=52), until=now - timedelta(minutes=5), as_of=now,
        reason="The gateway did not answer",
        holdings=tuple(
            HoldingChange(
                account=page.account.id, conid=row.position.instrument.conid, symbol=row.position.instrument.symbol,
                before=row.position.quantity * factor, after=row.position.quantity,
            )
            for factor, row in zip((2, 0), page.rows, strict=False)
        ),
        figures=tuple(
            FigureChange(account=page.account.id, name=name, currency=figures.currency, before=before, after=after)
            for name, before, after in (
                ("Net liquidation", page.summary.equity_with_loan, figures.net_liquidation),
                ("Cash", page.summary.available_funds, figures.total_cash),
            )
        ),
        unknown=(
            "The equity curve has no points of that time.", "Prices of that time were not seen.",
            "A holding that was bought and sold again in between is not among these changes.",
        ),
    )
