"""The order ticket: what a person is about to send, what the market, the rules and the broker say of it, and the send.

Charter. What: `form` is the ticket with what is known of it, as values; `wording` its words; the widgets show them and
turn clicks into new forms; `sending` is the one journey from a pressed button to an outcome.
Why: the frozen `OrderTicket` is the only state that may be sent, so an answer can always be held against the ticket it
was given for, and a stale one is never shown as that of a newer ticket.
Tried: widgets as the state (a half-typed price was then part of the order). Would change our mind: nothing known.
"""

from ibdesk.ui.ticket.panel import TicketPanel

__all__ = ["TicketPanel"]
