"""The ticket at work: clicks become new tickets, each ticket is checked and previewed, and the way out is walked once.

A check runs on every edit, once a frame; the broker's preview follows when the person rests for 400 ms. An answer is
taken only if it is to the ticket on screen and newer than the one there. While an order is on its way nothing can be
edited, and a second press does nothing.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from ibdesk.domain.events import OrdersChanged, QuotesChanged
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.market import Quote
from ibdesk.domain.orders import NEEDS_LIMIT, Leg, Order, OrderRules, OrderTicket, Side
from ibdesk.domain.pairs import other_of
from ibdesk.domain.ticket_aims import Aim
from ibdesk.domain.ticket_edits import why_not, with_leg, with_legs
from ibdesk.domain.ticket_margin import largest, margin_of
from ibdesk.domain.ticket_outlook import outlook_of, underlying_of
from ibdesk.domain.ticket_prices import Shown, UnitQuote, grid_of, shown, start_limit, unit_quote
from ibdesk.ui.orders.pair_words import of_change
from ibdesk.ui.ticket.answers import Answers, timer
from ibdesk.ui.ticket.drafts import DraftKeeper, new_draft
from ibdesk.ui.ticket.edits import Editor
from ibdesk.ui.ticket.form import NOBODY, Form, Outcome, Surroundings, obstacle, readiness
from ibdesk.ui.ticket.pair_edits import paired
from ibdesk.ui.ticket.view import TicketView
from ibdesk.ui.ticket.way import is_over_socket, no_way
from ibdesk.ui.ticket.way_out import WayOut
from ibdesk.ui.ticket.wording import closing_words

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: The picture is drawn anew at most so often, in milliseconds: it costs more than a frame.
PICTURE_MS = 120
#: A room that was just opened has been painted after so many milliseconds.
SETTLED_MS = 300


class TicketPanel(TicketView):
    """The order ticket. `legs_changed` tells the legs, `conids_changed` the contracts that should be streamed,
    `finished` that an order left and the ticket is empty, with the focus nowhere."""

    legs_changed = Signal(object)
    conids_changed = Signal(object)
    finished = Signal()

    def __init__(self, desk: "Desk", bridge: "Bridge", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk, self.bridge = desk, bridge
        self.form = self.fresh(NOBODY if bridge.selected is None else bridge.selected)
        self.editor = Editor(self)
        self.answers = Answers(self)
        self.drafts = DraftKeeper(self)
        self.way_out = WayOut(self)
        self._picture = timer(self, PICTURE_MS, self._draw_picture)
        self._was_shown = False
        self._wire()
        self.redraw()

    # --- the contract with the page -------------------------------------------------------------------------------

    @property
    def legs(self) -> tuple[Leg, ...]:
        return self.form.ticket.legs

    def add_leg(self, instrument: Instrument, side: Side) -> None:
        """A click in the chain: again on the same side adds to the leg, on the other side takes it away."""
        if self.form.is_sending:
            return
        if self.form.changes is not None:  # the order keeps its legs; this is the beginning of another
            self.clear()
        if why := why_not(self.legs, instrument):
            self.become(replace(self.form, outcome=Outcome(text=why, tone="warn")))
            return
        self.set_legs(with_leg(self.legs, instrument, side))

    def take_legs(self, legs: Sequence[Leg], title: str = "") -> None:
        """A template's legs instead of those there are."""
        if self.form.is_sending:
            return
        if self.form.changes is not None:
            self.clear()
        self.set_legs(tuple(legs), title)

    def take(self, ticket: OrderTicket, changes: Order | None = None) -> None:
        """A prefilled ticket; with an order it is what that order is to be changed to."""
        if self.form.is_sending:
            return
        self.drafts.keep_now()
        self.begin(replace(self.fresh(ticket.account), ticket=ticket, changes=changes))
        self.focus_quantity()

    def clear(self) -> None:
        """An empty ticket for the account that is looked at; what was there is gone, its draft too."""
        if not self.form.is_sending:
            self.drafts.drop(self.form.draft)
            self.begin(self.fresh(self.bridge.selected or self.form.ticket.account))

    def focus_quantity(self) -> None:
        self.quantity.setFocus()
        self.quantity.selectAll()

    def preview(self) -> None:
        """Ask the broker now. A blocked ticket that is previewed by hand is written down."""
        if self.form.is_complete and self.legs:
            self.answers.preview_by_hand()

    def send(self) -> None:
        """As Ctrl+Enter does: sends, or begins to hold while the keys are down; else only brings the button near."""
        self.send_button.setFocus()
        if not self.send_button.is_held or self.editor.is_ctrl_down():
            self.way_out.press()

    # --- what the parts of the ticket ask for ---------------------------------------------------------------------

    def become(self, form: Form) -> None:
        """Show another form; a changed ticket is checked."""
        before, self.form = self.form, form
        self.redraw()
        if form.ticket != before.ticket or form.draft != before.draft or bool(form.unread) is not bool(before.unread):
            self._picture.start()
            self.answers.ask()
            self.drafts.keep()

    def answered(self, form: Form) -> None:
        """The same ticket, with a newer answer."""
        self.form = self._at_mid(form)
        self.redraw()
        self.draw_soon()
        if self.form.ticket != form.ticket:
            self.answers.ask()

    def start(self, name: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Begin a piece of work, unless the desk is closing: timers still ring then."""
        if not self.desk.tasks.is_closing:
            self.bridge.start(name, work())

    def edit(self, ticket: OrderTicket) -> None:
        if not self.form.is_sending:
            self.become(self.form.edited(ticket))

    def set_legs(self, legs: tuple[Leg, ...], title: str = "") -> None:
        """Other legs begin at the middle of their market."""
        ticket = with_legs(self.form.ticket, legs)
        form = replace(self.form.edited(ticket), title=title if len(legs) > 1 else "", unread={}, shown=None)
        self.become(self._at_mid(form))
        self.tell_legs()

    def around(self) -> Surroundings:
        desk = self.desk
        return Surroundings(
            mode=desk.mode, now=desk.clock(), takes_orders=desk.orders is not None, selected=self.bridge.selected,
            session=None if desk.session is None or is_over_socket(desk) else desk.session.session,
            no_way=no_way(desk), lock=None if desk.kill_switch is None else desk.kill_switch.lock,
        )  # fmt: skip

    def quotes(self) -> Mapping[Conid, Quote]:
        """What is known of the legs and what they are on: streamed, and what the line has not told yet as the last
        answer had it."""
        return self._quotes_of(self.form)

    def _quotes_of(self, form: Form) -> Mapping[Conid, Quote]:
        found: dict[Conid, Quote] = {}
        asked = form.shown.context.quotes if form.shown is not None else {}
        live = self.desk.live.quotes if self.desk.live is not None else {}
        for conid in conids_of(form.ticket.legs):
            told = [each[conid] for each in (asked, live) if conid in each]
            if told:
                found[conid] = reduce(Quote.completed, told)
        return found

    def conids(self) -> tuple[Conid, ...]:
        return conids_of(self.legs)

    def unit(self) -> UnitQuote:
        return unit_quote(self.legs, self.quotes())

    def rules(self) -> Mapping[Conid, OrderRules]:
        return self.form.shown.context.rules if self.form.shown is not None else {}

    def as_shown(self) -> Shown:
        ticket = self.form.ticket
        found = shown(self.unit(), ticket.limit)
        return found if ticket.is_combo or not found.is_credit else replace(found, is_credit=False)

    def redraw(self) -> None:
        """Show the form as it is."""
        form, around, price = self.form, self.around(), self.as_shown()
        self.head.is_over_socket = is_over_socket(self.desk)
        self.draw(form, self.rules(), price, self._today())
        self.draw_price(form.ticket, self.quotes(), price)
        self.draw_obstacle(obstacle(form, around))
        self.draw_way_out(form, readiness(form, around), is_live=around.is_live)
        self.answers.draw_checks()

    # --- what happens around --------------------------------------------------------------------------------------

    def _around_moved(self, _event: object) -> None:
        self.answers.ask_anew()

    def _orders_moved(self, event: OrdersChanged) -> None:
        self.way_out.orders_moved(event)

    def _quotes_moved(self, event: QuotesChanged) -> None:
        mine = set(self.conids())
        if not mine or mine.isdisjoint(quote.conid for quote in event.quotes):
            return
        self.answers.quotes_moved()
        form = self._at_mid(self.form)
        if form is not self.form:
            self.become(form)
            return
        price = self.as_shown()
        self.draw_price(self.form.ticket, self.quotes(), price)

    def _second(self, _now: object) -> None:
        if self.isVisible() and self.legs and not self.form.is_sending:
            self.answers.second()

    def _selection_moved(self, _selected: object) -> None:
        """An empty ticket follows the account that is looked at; one with legs stays with its own."""
        wanted = self.bridge.selected
        if not self.legs and wanted is not None:
            self.form = replace(self.form, ticket=replace(self.form.ticket, account=wanted))
        self.redraw()

    def _help(self) -> None:
        """The one button of what stands in the way."""
        found = obstacle(self.form, self.around())
        if found is None:
            return
        if found.command == "renew":
            ticket = self.form.ticket
            renewed = self.fresh(self.bridge.selected or ticket.account)
            ticket = replace(ticket, account=renewed.ticket.account, mode=renewed.ticket.mode)
            self.begin(replace(renewed, ticket=ticket, title=self.form.title))
        else:
            self.bridge.command.emit(found.command)

    def _get_help(self) -> None:
        """The one place of the desk that helps against the block."""
        if command := readiness(self.form, self.around()).command:
            self.bridge.command.emit(command)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._was_shown:
            self._was_shown = True
            self.start("open the ticket", self._open)
            QTimer.singleShot(SETTLED_MS, self, lambda: self.payoff.chart)  # before the first leg wants it
        self.answers.ask()
        self._picture.start()

    async def _open(self) -> None:
        """Find the account where none is chosen, and what was left unsent."""
        accounts = await self.desk.book.accounts()
        if not isValid(self):
            return
        if self.form.ticket.account == NOBODY and accounts:
            self.edit(replace(self.form.ticket, account=accounts[0].id))
        await self.drafts.look()

    def _draw_picture(self) -> None:
        if not self.isVisible() or not self.legs:
            return
        ticket, checked = self.form.ticket, self.form.shown
        is_closing = checked is not None and self.form.aim is Aim.CLOSE
        book = checked.context.book if checked is not None and is_closing else None
        words = "" if book is None else closing_words(ticket, book, today=self._today())
        self.draw_closing(f"{self._words_of_pair()}{words}" if words else "")
        outlook = outlook_of(ticket, self.quotes(), self.desk.calendar, self.desk.clock())
        self.payoff.draw(ticket, outlook)
        has_options = any(leg.instrument.option is not None for leg in ticket.legs)
        self.prospects.draw(outlook, ticket.currency or "", has_options=has_options)
        if checked is None or not self.form.is_complete:
            self.margin.draw(None, None)
        else:
            self.margin.draw(margin_of(checked.ticket, checked.context), largest(checked.ticket, checked.context))

    def _words_of_pair(self) -> str:
        """What a change of one half leaves of the other; empty for an order that is in no pair."""
        changes, orders = self.form.changes, self.desk.orders
        other = None if changes is None or orders is None else other_of(changes, orders.book.working)
        return "" if other is None else f"{of_change(other)}\n"

    def draw_soon(self) -> None:
        """Payoff, figures and margin are drawn within a tenth of a second."""
        if not self._picture.isActive():
            self._picture.start()

    # --- small parts ----------------------------------------------------------------------------------------------

    def fresh(self, account: str) -> Form:
        """An empty ticket under a draft of its own."""
        ticket = OrderTicket(account=type(NOBODY)(account), mode=self.desk.mode)
        return Form(ticket=ticket, draft=new_draft(self.desk.clock()))

    def begin(self, form: Form) -> None:
        """Another ticket takes this one's place."""
        self.exits.toggle.setChecked(form.ticket.exits is not None)
        self.become(self._at_mid(form))
        self.tell_legs()

    def _at_mid(self, form: Form) -> Form:
        """With a limit at the middle where it needs one and has none yet; the same form otherwise."""
        ticket = form.ticket
        if ticket.limit is not None or ticket.order_type not in NEEDS_LIMIT or "limit" in form.unread:
            return form
        if ticket.other is not None:  # at the middle its limit would fill at once
            return paired(form, unit_quote(ticket.legs, self._quotes_of(form)), self.rules())
        unit = unit_quote(ticket.legs, self._quotes_of(form))
        limit = start_limit(ticket.legs, unit, grid_of(ticket.legs, self.rules()))
        return form if limit is None else form.edited(replace(ticket, limit=limit))

    def _today(self) -> date:
        return self.desk.clock().astimezone(NEW_YORK).date()

    def tell_legs(self) -> None:
        """Tell the page what is in the ticket and what it needs streamed."""
        self.legs_changed.emit(self.legs)
        self.conids_changed.emit(self.conids())

    def _wire(self) -> None:
        bridge = self.bridge
        bridge.quotes_changed.connect(self._quotes_moved)
        bridge.second.connect(self._second)
        bridge.selection_changed.connect(self._selection_moved)
        for signal in (bridge.session_changed, bridge.line_changed, bridge.lock_changed, bridge.settings_changed):
            signal.connect(self._around_moved)
        bridge.orders_changed.connect(self._orders_moved)
        self.obstacle.pressed.connect(self._help)
        self.outcome.closed.connect(lambda: self.become(replace(self.form, outcome=None)))
        self.head.clear.clicked.connect(self.clear)
        self.preview_button.clicked.connect(self.preview)
        self.help_button.clicked.connect(self._get_help)


def conids_of(legs: Sequence[Leg]) -> tuple[Conid, ...]:
    """The contracts and what they are on."""
    wanted = [each for leg in legs for each in (leg.instrument.conid, underlying_of(leg.instrument))]
    return tuple(dict.fromkeys(conid for conid in wanted if conid is not None))
