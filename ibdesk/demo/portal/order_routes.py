"""Orders over REST: place, preview, change, cancel and look them up, with the questions between.

Every answer to an order comes with status 200 in one of three shapes (reference/client-portal-api.md 7.4): accepted,
asked, refused. A question lives until the next order request of its account.
"""

import hashlib
from collections.abc import Iterable
from datetime import timedelta

from ibdesk.demo.exchange import DemoOrder
from ibdesk.demo.portal.calls import Answer, Call, Json, answer, complain, is_true, refuse, whole
from ibdesk.demo.portal.order_feed import start_of_day, trades_since
from ibdesk.demo.portal.order_rows import happened_since, live_row, preview, status_row, trade_row
from ibdesk.demo.portal.state import Pending, PortalState
from ibdesk.demo.questions import Scene, questions, refusal, words_of
from ibdesk.demo.tickets import BadTicketError, Ticket, read_ticket

#: How long a client's own order id stays taken.
REMEMBERED = timedelta(hours=24)
MOST_ORDERS, MOST_SUPPRESSED = 1000, 51
NOT_SENT = "The order was not submitted: a message was not confirmed"


class OrderRoutes:
    """All order calls of one portal."""

    def __init__(self, state: PortalState) -> None:
        self._state = state
        self._exchange = state.exchange
        self._asked = 0

    def live(self, call: Call) -> Answer:
        """Today's orders and those still working. The first call of a session is a pre-flight; `force` empties the
        cache, so its answer counts as one; a filter silences the stream until then."""
        self._exchange.run(self._state.now)
        warm, is_forced = self._state.warm, is_true(call.query.get("force", ""))
        was_warm, warm.orders = warm.orders, not is_forced
        if is_forced:
            warm.is_muted = False
        if is_forced or not was_warm:
            return answer({"orders": [], "snapshot": False})
        wanted = {_plain(one) for one in call.query.get("filters", "").split(",") if one} - {"sortbytime"}
        warm.is_muted = warm.is_muted or bool(wanted)
        account = call.query.get("accountId") or self._state.selected
        orders = [one for one in self._exchange.orders.values() if one.account == account]
        rows = [
            live_row(one) for one in happened_since(orders, start_of_day(self._state.now))
            if not wanted or _plain(one.status) in wanted
        ]
        return answer({"orders": rows[-MOST_ORDERS:], "snapshot": True})

    def trades(self, call: Call) -> Answer:
        """Executions of the selected account; nothing at the first call of a session."""
        self._exchange.run(self._state.now)
        if not self._state.warm.trades:
            self._state.warm.trades = True
            return answer([])
        rows = [trade_row(one) for one in trades_since(self._state, max(1, whole(call.query.get("days", 1), 1)))]
        if rows and self._state.faults.doubled_executions > 0:
            self._state.faults.doubled_executions -= 1
            rows.append(rows[-1])
        return answer(rows)

    def status(self, call: Call) -> Answer:
        """One order of the selected account; one that ended before this session is not known any more."""
        self._exchange.run(self._state.now)
        order = self._exchange.orders.get(whole(call.path_values[0]))
        if order is None or order.account != self._state.selected:
            return Answer(status=503)
        is_old = order.is_over and order.changed_at < self._state.warm.since
        return Answer(status=503) if is_old else answer(status_row(order))

    def place(self, call: Call) -> Answer:
        """One order, a bracket or a group."""
        account = call.path_values[0]
        self._state.warm.pending.pop(account, None)
        try:
            tickets = self._tickets(call, account)
        except BadTicketError as error:
            return complain(500, str(error))
        if isinstance(tickets, Answer):
            return tickets
        for ticket in tickets:
            if ticket.ref and self._exchange.find(ticket.ref, self._state.now - REMEMBERED):
                return answer({
                    "error": f"Order couldn't be submitted: Local order ID={ticket.ref} is already registered."
                })
        if self._state.faults.rejections:
            return _rejected(self._state.faults.rejections.pop(0))
        return self._consider(account, tickets)

    def preview(self, call: Call) -> Answer:
        """What an order would cost and tie up; it drops an open question like any order request."""
        account = call.path_values[0]
        self._state.warm.pending.pop(account, None)
        try:
            tickets = self._tickets(call, account)
        except BadTicketError as error:
            return complain(500, str(error))
        if isinstance(tickets, Answer):
            return tickets
        self._exchange.run(self._state.now)
        return answer(preview(self._scene(tickets[0]), self._state.faults.what_if))

    def change(self, call: Call) -> Answer:
        """DELETE cancels, POST modifies."""
        account, number = call.path_values[0], whole(call.path_values[1])
        self._state.warm.pending.pop(account, None)
        self._exchange.run(self._state.now)
        if call.method == "DELETE" and number == -1:
            return self._cancel_all(account)
        order = self._exchange.orders.get(number)
        if order is None or order.account != account or order.is_over:
            return answer({"error": f"OrderID {number} doesn't exist"})
        return self._cancel(call, order) if call.method == "DELETE" else self._modify(call, order)

    def reply(self, call: Call) -> Answer:
        """The answer to a question: on to the next one, or to the order itself."""
        wanted = call.path_values[0]
        pending = self._state.warm.pending
        account = next((one for one, each in pending.items() if each.id == wanted), None)
        if account is None:
            return complain(503, "reply id not found")
        asked = pending.pop(account)
        if self._state.faults.stale_replies > 0:
            self._state.faults.stale_replies -= 1
            return complain(503, "reply id not found")
        if not is_true(call.body.get("confirmed", "")):
            return answer({"error": NOT_SENT})
        return self._ask_or_send(account, asked.tickets, asked.questions[1:], asked.modifies)

    def suppress(self, call: Call) -> Answer:
        """These questions are not asked again in this brokerage session."""
        ids = call.body.get("messageIds")
        if not isinstance(ids, list) or len(ids) > MOST_SUPPRESSED:
            return complain(400, "Bad Request: messageIds are not valid")
        self._state.warm.suppressed.update(str(one) for one in ids)
        return answer({"status": "submitted"})

    def ask_again(self, _call: Call) -> Answer:
        self._state.warm.suppressed.clear()
        return answer({"status": "submitted"})

    def _tickets(self, call: Call, account: str) -> tuple[Ticket, ...] | Answer:
        bodies = call.body.get("orders")
        if not isinstance(bodies, list) or not bodies or not all(isinstance(one, dict) for one in bodies):
            return refuse(400, "Bad Request: orders are required")
        for body in bodies:
            named = str(body.get("acctId") or account)
            if not self._state.known(named):
                return refuse(400, f"Bad Request: accountId is not valid: {named}")
        tickets = tuple(read_ticket(body, account, self._state.market.catalogue) for body in bodies)
        if len(tickets) > 1 and not _belong_together(tickets):
            return refuse(400, "Bad Request: bulk orders are not supported")
        refs = {one.ref for one in tickets if one.ref}
        for one in tickets:
            if one.parent and one.parent not in refs and not self._exchange.find(
                one.parent, self._state.now - REMEMBERED
            ):
                return refuse(400, "Bad Request: parentId is not known")
        return tickets

    def _scene(self, ticket: Ticket) -> Scene:
        return Scene(ticket=ticket, account=self._state.account, now=self._state.now)

    def _consider(self, account: str, tickets: tuple[Ticket, ...], modifies: int | None = None) -> Answer:
        """Refuse, ask or take orders."""
        asked: list[str] = []
        for ticket in tickets:
            scene = self._scene(ticket)
            if words := refusal(scene):
                return _rejected(words)
            asked += [one for one in questions(scene) if one not in self._state.warm.suppressed]
        forced, self._state.faults.questions = self._state.faults.questions, []
        return self._ask_or_send(account, tickets, tuple(dict.fromkeys([*asked, *forced])), modifies)

    def _ask_or_send(
        self, account: str, tickets: tuple[Ticket, ...], asked: tuple[str, ...], modifies: int | None
    ) -> Answer:
        if not asked:
            return self._send(tickets, modifies)
        self._asked += 1
        digest = hashlib.blake2b(f"{self._state.login.session}|{self._asked}".encode(), digest_size=16).hexdigest()
        name = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"
        self._state.warm.pending[account] = Pending(id=name, tickets=tickets, questions=asked, modifies=modifies)
        scenes = [self._scene(one) for one in tickets]
        ids = asked[0].split("+") if asked[0] else []  # older gateways name none; sometimes one asks for several
        body: dict[str, Json] = {
            "id": name, "message": [words_of(one, _raised(one, scenes)) for one in ids or [""]], "isSuppressed": False,
            "messageOptions": ["Yes", "No"],
        }
        return answer([body | ({"messageIds": ids} if ids else {})])

    def _send(self, tickets: tuple[Ticket, ...], modifies: int | None) -> Answer:
        now = self._state.now
        if modifies is None:
            return answer([_accepted(one) for one in self._exchange.place(list(tickets), now)])
        self._exchange.run(now)
        order = self._exchange.orders[modifies]
        if order.is_over or tickets[0].quantity <= order.resting.filled:
            return answer({"error": "Order cannot be modified: it has been filled or cancelled meanwhile"})
        return answer([_accepted(self._exchange.modify(modifies, tickets[0], now))])

    def _modify(self, call: Call, order: DemoOrder) -> Answer:
        if "orders" in call.body:
            return refuse(400, "Bad Request: a single order is expected")
        try:
            ticket = read_ticket(call.body, order.account, self._state.market.catalogue)
        except BadTicketError as error:
            return complain(500, str(error))
        if (ticket.legs, ticket.side) != (order.ticket.legs, order.ticket.side):
            return answer({"error": "Contract and side of an order cannot be modified"})
        if ticket.quantity <= order.resting.filled:
            return answer({"error": "The quantity cannot be below what has been filled"})
        return self._consider(order.account, (ticket,), order.number)

    def _cancel(self, call: Call, order: DemoOrder) -> Answer:
        if order.ticket.needs_manual and "manualIndicator" not in {**call.query, **call.body}:
            return answer({"error": "The manualIndicator field is required to cancel an order on futures"})
        self._exchange.cancel(order.number, self._state.now)
        return _cancelling(order.number, order.ticket.first.conid, order.account)

    def _cancel_all(self, account: str) -> Answer:
        for order in self._exchange.open_orders(account):
            self._exchange.cancel(order.number, self._state.now)
        return _cancelling(-1, -1, None)


def _raised(question: str, scenes: list[Scene]) -> Scene:
    """The order a question is about."""
    return next((one for one in scenes if question in questions(one)), scenes[0])


def _accepted(order: DemoOrder) -> dict[str, Json]:
    """Here, and only here, the order id is text."""
    row: dict[str, Json] = {"order_id": str(order.number), "order_status": "PreSubmitted", "encrypt_message": "1"}
    if order.ticket.ref:
        row["local_order_id"] = order.ticket.ref
    if order.parent is not None:
        row["parent_order_id"] = str(order.parent)
    return row


def _rejected(words: str) -> Answer:
    return answer({"error": words, "action": "order_cannot_be_created"})


def _cancelling(number: int, conid: int, account: str | None) -> Answer:
    return answer({"msg": "Request was submitted", "order_id": number, "conid": conid, "account": account})


def _belong_together(tickets: Iterable[Ticket]) -> bool:
    """A bracket (all others name the one parent) or a group in which one cancels the others."""
    every = tuple(tickets)
    roots = [one for one in every if not one.parent]
    return len(roots) <= 1 or all(one.is_group for one in roots)


def _plain(status: str) -> str:
    return status.replace("_", "").lower()
