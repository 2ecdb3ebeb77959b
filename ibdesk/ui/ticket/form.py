"""The ticket a person fills in with all that is known of it, as one frozen value; and whether it may be sent, and why.

Nothing here knows widgets or loops. `checked` is the answer to exactly this ticket: an answer to an older one is kept
in `shown` so that the screen does not flicker, and is told apart by `is_current`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.compliance.verdict import Code, Finding, Severity, Source, Verdict
from ibdesk.domain.errors import Cause, DeskError
from ibdesk.domain.instruments import Conid
from ibdesk.domain.modes import Mode, face_of
from ibdesk.domain.orders import Order, OrderRules, OrderTicket, OrderType, TimeInForce, faults
from ibdesk.domain.records import TradingLock
from ibdesk.domain.session import Session
from ibdesk.domain.ticket_aims import Aim, aim_of
from ibdesk.services.orders import Checked
from ibdesk.ui.ticket.wording import joined

#: What a ticket is before its account is known; no account is called so.
NOBODY = AccountId("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of the last send. `tone`: gain, warn or loss; `command` leads to more, under the word `action`."""

    text: str
    tone: str
    detail: str = ""
    action: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """`draft` is this ticket's one chance to be sent. `changes` is the working order it would change, if any.

    `unread` are the sentences about fields whose text is no value, by the field's name; the ticket still has the value
    before. `problem` is why the last check brought none.
    """

    ticket: OrderTicket
    draft: str
    title: str = ""
    changes: Order | None = None
    shown: Checked | None = None
    is_sending: bool = False
    problem: DeskError | None = None
    outcome: Outcome | None = None
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_current(self) -> bool:
        return self.shown is not None and self.shown.ticket == self.ticket

    @property
    def checked(self) -> Checked | None:
        """The answer to this very ticket; None while there is none."""
        return self.shown if self.is_current else None

    @property
    def verdict(self) -> Verdict | None:
        return self.checked.verdict if self.checked is not None else None

    @property
    def aim(self) -> Aim:
        """What the ticket does to what is held, as far as the last answer knew the account."""
        known = self.shown is not None and self.shown.ticket.account == self.ticket.account
        return aim_of(self.ticket, self.shown.context.book) if known and self.shown is not None else Aim.OPEN

    @property
    def may_be_pair(self) -> bool:
        """Whether a stop may stand beside its limit: it closes one contract, and is no change of a working order."""
        return self.changes is None and len(self.ticket.legs) == 1 and self.aim is Aim.CLOSE

    @property
    def is_complete(self) -> bool:
        return not self.unread and not faults(self.ticket)

    def edited(self, ticket: OrderTicket) -> "Form":
        """Another ticket; what was heard of the last send is no longer about it."""
        return self if ticket == self.ticket else replace(self, ticket=ticket, outcome=None, problem=None)

    def answered(self, checked: Checked) -> "Form":
        """Take an answer, if it is still one to this ticket."""
        return replace(self, shown=checked, problem=None) if checked.ticket == self.ticket else self

    def with_unread(self, name: str, fault: str) -> "Form":
        """Say of a field that its text cannot be read, or with "" that it can."""
        rest = {key: text for key, text in self.unread.items() if key != name}
        return replace(self, unread=rest | {name: fault} if fault else rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the desk stands at, apart from the ticket. `selected` None: all accounts are looked at; `no_way` is what
    stands in the way of orders over the socket, where they go there."""

    mode: Mode
    now: datetime
    takes_orders: bool = True
    selected: AccountId | None = None
    session: Session | None = None
    lock: TradingLock | None = None
    no_way: "Obstacle | None" = None

    @property
    def is_live(self) -> bool:
        return face_of(self.mode).environment is Environment.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether Send may be pressed; `reason` is why not, or what will be asked first. `command` is the desk's command
    that helps, under the word `action`."""

    may_press: bool
    reason: str = ""
    remedy: str = ""
    action: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Something that stands before the whole ticket, said above it; `command` is the desk's command that helps."""

    text: str
    detail: str = ""
    tone: str = "warn"
    action: str = ""
    command: str = ""


def obstacle(form: Form, around: Surroundings) -> Obstacle | None:
    """The first thing in the way that no edit of the ticket mends."""
    ticket = form.ticket
    if not around.takes_orders:
        return Obstacle(text="This desk takes no orders.", detail="Connect an account, or choose a mode that trades.",
                        action="Connect", command="connect")  # fmt: skip
    if ticket.mode is not around.mode:
        return Obstacle(
            text=f"This ticket was opened for {face_of(ticket.mode).word}; the desk is in {face_of(around.mode).word}.",
            detail="It stays as it is and cannot be sent here.", action="Make it a new ticket here", command="renew",
        )  # fmt: skip
    if around.selected is not None and ticket.account not in (NOBODY, around.selected):
        return Obstacle(
            text=f"This ticket is for {ticket.account}; the desk looks at {around.selected}.",
            detail="It cannot be sent while another account is on screen.",
            action=f"Make it a new ticket for {around.selected}", command="renew",
        )  # fmt: skip
    if around.session is not None and not around.session.is_ready:
        return Obstacle(text="The brokerage session is not ready, so nothing can be sent.",
                        detail="The ticket is kept. Sign in, then check it again.", action="Sign in",
                        command="sign-in")  # fmt: skip
    if around.no_way is not None:
        return around.no_way
    if around.lock is not None:
        return Obstacle(
            text=f"The kill switch is on: {around.lock.reason}.",
            detail="Only orders that lower risk leave until it is lifted.", tone="loss", action="Kill switch…",
            command="kill",
        )  # fmt: skip
    return None


def readiness(form: Form, around: Surroundings) -> Readiness:
    """Whether the button may be pressed now. The service decides again when it is."""
    ticket, before = form.ticket, obstacle(form, around)
    if form.is_sending:
        return Readiness(may_press=False, reason="It is on its way.")
    if not ticket.legs:
        return Readiness(may_press=False, reason="Choose what to buy or sell: click a price in the chain.")
    if before is not None and before.command != "kill":
        return Readiness(may_press=False, reason=before.text)
    if form.unread:
        return Readiness(may_press=False, reason=next(iter(form.unread.values())))
    if missing := faults(ticket):
        return Readiness(may_press=False, reason=missing[0])
    if form.problem is not None:
        action, command = ("Sync now", "sync") if form.problem.cause is Cause.UNKNOWN_ACCOUNT else ("", "")
        return Readiness(may_press=False, reason=form.problem.message, remedy=form.problem.remedy, action=action,
                         command=command)  # fmt: skip
    return _by_verdict(form.shown.verdict if form.shown is not None else None, is_current=form.is_current)


def _by_verdict(verdict: Verdict | None, *, is_current: bool) -> Readiness:
    """Without an answer to this ticket yet the button stays free unless the last answer was a block: pressing it
    checks anew."""
    if verdict is None:
        return Readiness(may_press=True, reason="It is being checked…")
    if verdict.is_blocked:
        first = next(iter(verdict.of(Severity.BLOCK)), None)
        if first is None:
            return Readiness(may_press=False, reason="Nothing was checked.")
        action, command = _help_of(first)
        return Readiness(may_press=False, reason=first.sentence, remedy=first.remedy, action=action, command=command)
    asked = len(joined(verdict.of(Severity.CONFIRM)))
    if asked and is_current:
        return Readiness(may_press=True, reason=f"You are asked to confirm {asked} finding{'s' * (asked > 1)} first.")
    return Readiness(may_press=True)


#: What helps against a block, where it is a place of the desk: the word and the command.
_HELP = {
    Code.ACK_REQUIRED: ("Disclosures", "activity:compliance"), Code.SESSION: ("Sign in", "sign-in"),
    Code.MODE: ("Unlock…", "unlock-live"), Code.READ_ONLY: ("Settings", "room:settings"),
}  # fmt: skip


def _help_of(finding: Finding) -> tuple[str, str]:
    mine = ("Settings", "room:settings") if finding.source is Source.SETTING else ("", "")
    return _HELP.get(finding.code, mine)


#: Why a kind of order is not offered.
_NOT_TAKEN = "The broker does not take this kind of order here."
_NO_SUCH_LIFE = "The broker does not take this life of an order here."


def _known(ticket: OrderTicket, rules: Mapping[Conid, OrderRules]) -> list[OrderRules]:
    """The rules of its contracts, as far as they are known. Unknown rules withhold nothing."""
    return [rules[leg.instrument.conid] for leg in ticket.legs if leg.instrument.conid in rules]


def types_offered(ticket: OrderTicket, rules: Mapping[Conid, OrderRules]) -> dict[OrderType, str]:
    """Every kind of order, each with the reason why it is withheld, or ""."""
    taken = [rule.order_types for rule in _known(ticket, rules) if rule.order_types]
    return {each: _NOT_TAKEN if any(each not in some for some in taken) else "" for each in OrderType}


def tifs_offered(ticket: OrderTicket, rules: Mapping[Conid, OrderRules]) -> dict[TimeInForce, str]:
    """The same of how long an order lives."""
    taken = [rule.tifs for rule in _known(ticket, rules) if rule.tifs]
    return {each: _NO_SUCH_LIFE if any(each not in some for some in taken) else "" for each in TimeInForce}


def outside_hours_offered(ticket: OrderTicket, rules: Mapping[Conid, OrderRules]) -> str:
    """Why an order outside regular hours is withheld; "" when it is not."""
    if any(ticket.order_type not in rule.outside_hours_types for rule in _known(ticket, rules)):
        return f"The broker takes no {ticket.order_type} order outside regular hours here."
    return ""
