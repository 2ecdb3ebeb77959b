"""A trading day in short: what moved, filled, works on, expires and was blocked, for somebody who looks once a day.

Positions' changes are told by the day's executions, which is what the broker vouches for; a figure nobody has is None.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.regime import MarginRegime, Regime
from ibdesk.domain.executions import Fill
from ibdesk.domain.instruments import Conid, Instrument
from ibdesk.domain.modes import Mode
from ibdesk.domain.money import ZERO, Currency
from ibdesk.domain.orders import Order
from ibdesk.domain.portfolio import AccountPage

#: Calendar days ahead in which an expiry is worth a word.
AHEAD = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A position that the day's executions changed."""

    label: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """An option position on its way to its end; `days` from the digest's day."""

    label: str
    quantity: Decimal
    expiry: date
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDigest:
    """One account's day. Amounts are in its base currency. `day_trades` are those that count today, None before the
    broker's executions were read; `read_at` is how old all of it is."""

    account: AccountId
    currency: Currency
    read_at: datetime
    positions: int
    moved: tuple[Moved, ...]
    fills: int
    commission: Decimal | None
    net_liquidation: Decimal | None
    day_pnl: Decimal | None
    working: tuple[Order, ...]
    expiring: tuple[Expiring, ...]
    regime: Regime
    day_trades: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """All accounts of the desk on one New York day. `blocked` counts the orders a rule stopped, `hints` what in the
    audit of calls a careful person would look at."""

    at: datetime
    day: date
    mode: Mode
    accounts: tuple[AccountDigest, ...]
    blocked: int = 0
    hints: int = 0

    @property
    def fills(self) -> int:
        return sum(each.fills for each in self.accounts)

    @property
    def working(self) -> int:
        return sum(len(each.working) for each in self.accounts)

    @property
    def expiring(self) -> int:
        return sum(len(each.expiring) for each in self.accounts)

    @property
    def headline(self) -> str:
        """The day in one sentence."""
        moved = sum(len(each.moved) for each in self.accounts)
        parts = (
            _counted(self.fills, "fill"), _counted(moved, "position changed", "positions changed"),
            _counted(self.working, "order still works", "orders still work"),
            _counted(self.expiring, "expiry within a week", "expiries within a week"),
            _counted(self.blocked, "order was blocked", "orders were blocked"),
            _counted(self.hints, "hint in the audit", "hints in the audit"),
        )  # fmt: skip
        told = [part for part in parts if part]
        return f"{', '.join(told)}." if told else "Nothing happened, and nothing is left open."


def account_digest(
    page: AccountPage, fills: Sequence[Fill], working: Iterable[Order], day: date, regime: Regime,
    day_trades: int | None,
) -> AccountDigest:  # fmt: skip
    """One account's day out of its stored page, the day's prints and its open orders."""
    return AccountDigest(
        account=page.account.id, currency=page.account.currency, read_at=page.received_at,
        positions=sum(row.position.quantity != 0 for row in page.rows), moved=moved(page, fills), fills=len(fills),
        commission=_commission(fills, page.account.currency),
        net_liquidation=page.summary.net_liquidation,
        day_pnl=None if page.pnl is None else page.pnl.daily, working=tuple(working), expiring=expiring(page, day),
        regime=regime, day_trades=day_trades,
    )  # fmt: skip


def moved(page: AccountPage, fills: Iterable[Fill]) -> tuple[Moved, ...]:
    """Which positions the prints changed, in the order of their first print; one back where it was is told too."""
    held: Mapping[Conid, Decimal] = {row.position.instrument.conid: row.position.quantity for row in page.rows}
    net: dict[Conid, tuple[Instrument, Decimal]] = {}
    for fill in fills:
        done = fill.execution
        instrument, so_far = net.get(done.instrument.conid, (done.instrument, ZERO))
        net[instrument.conid] = (instrument, so_far + done.signed)
    return tuple(
        Moved(label=instrument.label, before=held.get(conid, ZERO) - change, after=held.get(conid, ZERO))
        for conid, (instrument, change) in net.items()
    )


def expiring(page: AccountPage, day: date) -> tuple[Expiring, ...]:
    """Option positions that end within a week, the nearest first."""
    found = [
        Expiring(label=each.instrument.label, quantity=each.quantity, expiry=terms.expiry,
                 days=(terms.expiry - day).days)
        for each in (row.position for row in page.rows)
        if each.quantity and (terms := each.instrument.option) is not None and day <= terms.expiry <= day + AHEAD
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: (each.expiry, each.label)))


def day_trade_words(digest: AccountDigest) -> str:
    """How the account stands with day trading, in one sentence."""
    made = "not counted yet" if digest.day_trades is None else _counted(digest.day_trades, "day trade") or "none"
    match digest.regime.regime:
        case MarginRegime.PDT_LEGACY:
            left = digest.regime.day_trades_remaining
            rest = "" if left is None or left < 0 else f", {left} left"
            return f"Day trades in five days: {made}{rest}; the broker counts them."
        case MarginRegime.UNKNOWN_TRANSITION:
            return f"Day trades in five days: {made}; whether the broker counts them is not known."
        case MarginRegime.INTRADAY_MARGIN:
            return f"Day trades in five days: {made}; intraday margin binds, not their count."
        case MarginRegime.UNLIMITED:
            return f"Day trades in five days: {made}; the broker does not limit them."
        case MarginRegime.NOT_APPLICABLE:
            return "Day-trade limits do not concern this kind of account."


def _commission(fills: Sequence[Fill], currency: Currency) -> Decimal | None:
    """What the day cost, where every print's commission is told in the account's currency."""
    told = [fill.commission for fill in fills]
    if any(each is None or each.currency != currency for each in told):
        return None
    return sum((each.amount for each in told if each is not None), ZERO)


def _counted(count: int, one: str, many: str = "") -> str:
    if not count:
        return ""
    return f"1 {one}" if count == 1 else f"{count:,} {many or one + 's'}"
