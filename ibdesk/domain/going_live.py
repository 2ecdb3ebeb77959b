"""What has to have happened before real money may be traded: a checklist ticked by evidence, never by a click.

The items are the documents' own (acceptance B81, B85, B86): tested in paper, risks understood, disclosures
acknowledged; and the $25,000 of the old pattern day trader rule, which is told and never ticked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from ibdesk.domain.compliance.regime import MarginRegime, Regime
from ibdesk.domain.compliance.verdict import money
from ibdesk.domain.money import USD

#: FINRA 4210(f)(8)(B)(iv)a, the pattern day trader's least equity, in US dollars; see reference/compliance.md 0.
LEGACY_EQUITY = Decimal(25_000)


class Item(StrEnum):
    """What has to have happened."""

    CONNECTION = "connection"
    SYNC = "sync"
    PAPER_ORDER = "paper_order"
    BLOCKED_ORDER = "blocked_order"
    DISCLOSURES = "disclosures"
    LIMITS = "limits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the vault holds of it: when each happened last (aware UTC), None when it never did.

    `paper_orders` are orders a paper broker accepted, `unread` the titles of disclosures still to be acknowledged,
    `own_limits` how many risk limits a person set; `limits_kept_at` is when they looked at all of them and kept them.
    """

    connected_at: datetime | None = None
    synced_at: datetime | None = None
    paper_order_at: datetime | None = None
    paper_orders: int = 0
    blocked_at: datetime | None = None
    unread: tuple[str, ...] = ()
    acknowledged_at: datetime | None = None
    own_limits: int = 0
    limits_kept_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """One line of the checklist; `at` is when its evidence is from, `sentence` what was found or what is missing."""

    item: Item
    is_done: bool
    sentence: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """All items in their order, and the note on day trading ("" when nothing is known of the account)."""

    lines: tuple[Ticked, ...]
    note: str = ""
    note_warns: bool = False

    @property
    def missing(self) -> tuple[Ticked, ...]:
        return tuple(line for line in self.lines if not line.is_done)

    @property
    def is_complete(self) -> bool:
        return bool(self.lines) and not self.missing

    @property
    def done(self) -> int:
        return len(self.lines) - len(self.missing)


def checklist(
    evidence: Evidence, *, regime: Regime | None = None, equity: Decimal | None = None, in_base: str | None = None
) -> Checklist:
    """The list as the evidence ticks it; `equity` (US dollars) and `regime` are the account's, None when unknown;
    `in_base` is the same in its own currency, as it is written."""
    note, warns = legacy_note(regime, equity, in_base)
    return Checklist(lines=tuple(_lines(evidence)), note=note, note_warns=warns)


def legacy_note(regime: Regime | None, equity: Decimal | None, in_base: str | None = None) -> tuple[str, bool]:
    """What the $25,000 rule means for this account today, and whether to warn."""
    if regime is None:
        return "", False
    short = equity is not None and equity < LEGACY_EQUITY
    has = "" if equity is None else f" This account has {money(equity, USD)}."
    if equity is None and in_base is not None:
        has = f" This account has {in_base}; what that is in dollars is not known, for want of an exchange rate."
    match regime.regime:
        case MarginRegime.PDT_LEGACY:
            told = "The broker still counts day trades: a fourth in five business days needs $25,000 of equity."
            return told + has, short
        case MarginRegime.UNKNOWN_TRANSITION:
            told = ("The $25,000 rule ended on 4 June 2026, but a broker may keep it until 20 October 2027: "
                    "below $25,000, day trade sparingly until yours has told you.")  # fmt: skip
            return told + has, short
        case MarginRegime.INTRADAY_MARGIN:
            return "The $25,000 rule is over: day trades need intraday margin, not a count." + has, False
        case MarginRegime.UNLIMITED:
            told = "The broker does not limit this account's day trades, so the $25,000 rule does not bind it."
            return told + has, False
        case MarginRegime.NOT_APPLICABLE:
            return "The $25,000 rule does not concern this kind of account." + has, False


def _lines(evidence: Evidence) -> Iterable[Ticked]:
    yield _happened(
        Item.CONNECTION, evidence.connected_at, "The gateway answered and the brokerage session was ready.",
        "Connect and sign in once, so that the connection is tested.")
    yield _happened(
        Item.SYNC, evidence.synced_at, "Positions and balances were read from the broker.",
        "Sync once, and compare the positions with the broker's own page.")
    count = evidence.paper_orders
    accepted = "1 paper order was accepted." if count == 1 else f"{count:,} paper orders were accepted."
    yield _happened(
        Item.PAPER_ORDER, evidence.paper_order_at, accepted, "Place an order in Local Paper or IBKR Paper.")
    yield _happened(
        Item.BLOCKED_ORDER, evidence.blocked_at, "You have seen an order blocked, with its reason.",
        "See a paper order blocked, such as one far above your limits, and read its receipt.")
    yield _read(evidence)
    yield _limited(evidence)


def _happened(item: Item, at: datetime | None, found: str, lacking: str) -> Ticked:
    return Ticked(item=item, is_done=at is not None, sentence=lacking if at is None else found, at=at)


def _read(evidence: Evidence) -> Ticked:
    if evidence.unread or evidence.acknowledged_at is None:
        which = ", ".join(f"“{title}”" for title in evidence.unread) or "the disclosures"
        return Ticked(item=Item.DISCLOSURES, is_done=False, sentence=f"Still to be acknowledged: {which}.")
    return Ticked(
        item=Item.DISCLOSURES, is_done=True, sentence="All are acknowledged in their present wording.",
        at=evidence.acknowledged_at)


def _limited(evidence: Evidence) -> Ticked:
    if evidence.own_limits:
        which = "1 limit is your own." if evidence.own_limits == 1 else f"{evidence.own_limits} limits are your own."
        return Ticked(item=Item.LIMITS, is_done=True, sentence=which, at=evidence.limits_kept_at)
    return _happened(
        Item.LIMITS, evidence.limits_kept_at, "You looked at every limit and kept them.",
        "Look at the limits on size, loss and price, and set or keep them.")
