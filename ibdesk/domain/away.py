"""What an outage hid: which holdings and figures are different after it, and what nobody can tell any more."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import Conid
from ibdesk.domain.money import ZERO
from ibdesk.domain.portfolio import AccountPage, Figures, figures_of


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingChange:
    """One holding before and after; a quantity of 0 is none."""

    account: AccountId
    conid: Conid
    symbol: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureChange:
    """One figure of an account before and after, in `currency`. `name` is for people, such as "Net liquidation"."""

    account: AccountId
    name: str
    currency: str
    before: Decimal | None
    after: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AwayReport:
    """While you were away. `reason` says what the outage was; `unknown` are whole sentences on what the desk cannot
    know of that time. `as_of` is the first fresh picture's instant, None while none has come."""

    since: datetime
    until: datetime
    reason: str
    as_of: datetime | None = None
    holdings: tuple[HoldingChange, ...] = ()
    figures: tuple[FigureChange, ...] = ()
    unknown: tuple[str, ...] = ()


#: The figures that are compared, as the dashboard names them.
FIGURES: tuple[tuple[str, Callable[[Figures], Decimal | None]], ...] = (
    ("Net liquidation", lambda figures: figures.net_liquidation),
    ("Cash", lambda figures: figures.total_cash),
    ("Buying power", lambda figures: figures.buying_power),
    ("Excess liquidity", lambda figures: figures.excess_liquidity),
)


def compare(
    before: Sequence[AccountPage], after: Sequence[AccountPage], *, since: datetime, until: datetime, reason: str
) -> AwayReport:
    """What is different between the last pictures before an outage and the first after it, and what stays unknown.

    A page that is the same picture as before is not news: its account is named among the unknown.
    """
    known = {page.account.id: page for page in before}
    fresh = [page for page in after if _is_newer(known.get(page.account.id), page)]
    pairs = [(known[page.account.id], page) for page in fresh if page.account.id in known]
    return AwayReport(
        since=since,
        until=until,
        reason=reason,
        as_of=min((page.as_of for page in fresh), default=None),
        holdings=tuple(change for old, new in pairs for change in _holdings(old, new)),
        figures=tuple(change for old, new in pairs for change in _figures(old, new)),
        unknown=_unknown(since, until, [page for page in after if page not in fresh]),
    )


def _is_newer(old: AccountPage | None, new: AccountPage) -> bool:
    """Another picture: judged by difference, for the clock may have been set back in between."""
    return old is None or (old.as_of, old.received_at) != (new.as_of, new.received_at)


def _holdings(old: AccountPage, new: AccountPage) -> Iterator[HoldingChange]:
    then = {row.position.instrument.conid: row.position for row in old.rows}
    now = {row.position.instrument.conid: row.position for row in new.rows}
    for conid in dict.fromkeys((*then, *now)):
        had, has = then.get(conid), now.get(conid)
        quantities = tuple(ZERO if each is None else each.quantity for each in (had, has))
        position = has or had
        if quantities[0] != quantities[1] and position is not None:
            yield HoldingChange(account=new.account.id, conid=conid, symbol=position.instrument.symbol,
                                before=quantities[0], after=quantities[1])  # fmt: skip


def _figures(old: AccountPage, new: AccountPage) -> Iterator[FigureChange]:
    then, now = figures_of(old), figures_of(new)
    for name, figure in FIGURES:
        if figure(then) != figure(now):
            yield FigureChange(account=new.account.id, name=name, currency=now.currency, before=figure(then),
                               after=figure(now))  # fmt: skip


def _unknown(since: datetime, until: datetime, unseen: Sequence[AccountPage]) -> tuple[str, ...]:
    span = f"between {_moment(since, until)} and {_moment(until, since)} UTC"
    return (
        "Fills of that time are in Orders, Executions once they are read; an order that was sent and cancelled "
        "elsewhere may be missing.",
        f"The equity curve has no points {span}.",
        "Prices and the running profit and loss of that time were not seen.",
        "A holding that was bought and sold again in between is not among these changes.",
        *(f"The account {page.account.id} has no new picture yet." for page in unseen),
    )


def _moment(at: datetime, other: datetime) -> str:
    """Hours and minutes, with the day when the two are on different ones."""
    at, other = at.astimezone(UTC), other.astimezone(UTC)
    return f"{at:%H:%M}" if at.date() == other.date() else f"{at:%Y-%m-%d %H:%M}"
