"""What an option position has before it when it ends: until when it trades, until when its holder may speak, how far in
the money it stands, what exercise would give up, and what it then delivers.

Amounts are in the option's currency, per unit of price unless said otherwise. What is not known is None, never zero.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.day_trades import business_days
from ibdesk.domain.compliance.exercise import BY_EXCEPTION, DEADLINE, Delivery, Holding, delivery, forfeited
from ibdesk.domain.compliance.exercise import is_exercised as is_exercised_at
from ibdesk.domain.hours import NEW_YORK, Calendar
from ibdesk.domain.instruments import AssetClass, Instrument, OptionTerms, Right
from ibdesk.domain.market import Delay, Dividend
from ibdesk.domain.money import USD, ZERO
from ibdesk.domain.occ import is_nonstandard
from ibdesk.domain.options import is_cash_settled, is_european
from ibdesk.domain.payoff import in_the_money

#: The broker's cut-off for US options on its current policy page; older pages say 16:30 (reference/compliance.md 5).
CUT_OFF = time(17, 25)
#: Ours: closer to the strike than this share of it is "at the money".
AT = Decimal("0.001")
#: What expires and is looked at: options on shares, indices and futures.
CLASSES = frozenset({AssetClass.OPTION, AssetClass.FUTURE_OPTION})

_NOT_OF_NOW = frozenset({Delay.DELAYED, Delay.FROZEN, Delay.FROZEN_DELAYED})

#: Index classes whose last trading day is the one before they settle on opening prices. SPX by reference/compliance.md
#: section 5; the others by Cboe's and Nasdaq's product pages (their afternoon twins are SPXW, NDXP and RUTW).
_AT_THE_OPENING = frozenset({"SPX", "NDX", "RUT", "DJX", "VIX", "VIXW"})
#: Weekdays on which those settle (0 is Monday). A broker that tells the last trading day instead tells another weekday.
_FRIDAY, _WEDNESDAY = 4, 2


class Timing(StrEnum):
    """At which end of its last day an option is settled. UNTOLD: its class was not told, so it may be either."""

    OPENING = "AM"
    CLOSE = "PM"
    UNTOLD = ""


class Settles(StrEnum):
    """What exercise and assignment move."""

    SHARES = "shares"
    CASH = "cash"
    FUTURE = "the future"
    UNKNOWN = "what the clearing house says"


class Moneyness(StrEnum):
    IN = "ITM"
    AT = "ATM"
    OUT = "OTM"
    UNKNOWN = ""


class Window(StrEnum):
    """How far ahead is looked."""

    TODAY = "today"
    WEEK = "this week"
    MONTH = "30 days"

    def ends(self, today: date) -> date:
        """The last day of it. A week ends on Friday; on a weekend it is the coming one."""
        match self:
            case Window.TODAY:
                return today
            case Window.WEEK:
                return today + timedelta(days=(_FRIDAY - today.weekday()) % 7)
            case Window.MONTH:
                return today + timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When one option ends: its last trading day in New York and the instants (aware UTC) of that day at which it stops
    trading, at which this desk stops taking a holder's word, and at which the broker does. None where not known."""

    last_day: date
    timing: Timing
    stops_at: datetime | None = None
    desk_until: datetime | None = None
    broker_until: datetime | None = None


def schedule_of(instrument: Instrument, calendar: Calendar) -> Schedule:
    """When it ends. ValueError for what is no option. Hours are those of New York: elsewhere only the day is known."""
    if instrument.option is None:
        raise ValueError(f"{instrument.label} does not expire")
    timing, expiry = _timing(instrument), instrument.option.expiry
    day = _day_before(expiry, instrument, calendar) if timing is Timing.OPENING else expiry
    if instrument.currency != USD or instrument.asset_class is not AssetClass.OPTION:
        return Schedule(last_day=day, timing=timing)
    stops = _at(day, calendar.close_time(day))
    if settles_in(instrument) is Settles.CASH:  # settled by the clearing house: nobody is asked
        return Schedule(last_day=day, timing=timing, stops_at=stops)
    return Schedule(
        last_day=day, timing=timing, stops_at=stops, desk_until=_at(day, DEADLINE), broker_until=_at(day, CUT_OFF)
    )


def settles_in(instrument: Instrument) -> Settles:
    """What moves at exercise. Adjusted contracts deliver what the clearing house's notice says."""
    if instrument.asset_class is AssetClass.FUTURE_OPTION:
        return Settles.FUTURE
    if is_nonstandard(instrument):
        return Settles.UNKNOWN
    return Settles.CASH if is_cash_settled(instrument) else Settles.SHARES


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """One option position near its end. `quantity` is signed; `shares` and `cash` are what the account has of the
    underlying and in the option's currency; `spot_at` is when the underlying's price was heard, None for a stored one,
    and `delay` how it relates to now."""

    account: AccountId
    instrument: Instrument
    quantity: Decimal
    schedule: Schedule
    spot: Decimal | None = None
    spot_at: datetime | None = None
    delay: Delay = Delay.UNKNOWN
    bid: Decimal | None = None
    ask: Decimal | None = None
    mark: Decimal | None = None
    shares: Decimal = ZERO
    cash: Decimal | None = None
    dividend: Dividend | None = None

    @property
    def terms(self) -> OptionTerms:
        terms = self.instrument.option
        if terms is None:
            raise ValueError(f"{self.instrument.label} does not expire")
        return terms

    @property
    def price_mark(self) -> str:
        """What is wrong with the underlying's price: "stored", "delayed", "frozen"; empty when it is of now."""
        if self.spot is None or self.spot_at is None:
            return "" if self.spot is None else "stored"
        return self.delay.value if self.delay in _NOT_OF_NOW else ""

    @property
    def is_short(self) -> bool:
        return self.quantity < 0

    @property
    def settles(self) -> Settles:
        return settles_in(self.instrument)

    @property
    def size(self) -> Decimal:
        """Units of the underlying behind all contracts, without a sign."""
        return abs(self.quantity) * self.instrument.multiplier

    @property
    def distance(self) -> Decimal | None:
        """How far in the money (positive) or out of it (negative)."""
        if self.spot is None:
            return None
        ahead = self.spot - self.terms.strike
        return ahead if self.terms.right is Right.CALL else -ahead

    @property
    def moneyness(self) -> Moneyness:
        distance = self.distance
        if distance is None:
            return Moneyness.UNKNOWN
        if abs(distance) <= AT * self.terms.strike:
            return Moneyness.AT
        return Moneyness.IN if distance > 0 else Moneyness.OUT

    @property
    def intrinsic(self) -> Decimal | None:
        return None if self.spot is None else in_the_money(self.terms, self.spot)

    @property
    def extrinsic(self) -> Decimal | None:
        """Time value by the middle of the market."""
        return forfeited(self.terms, self.spot, self.mark)

    @property
    def given_up(self) -> Decimal | None:
        """What a holder who exercises instead of selling at the bid gives up, for all contracts; None for a short. Out
        of the money that is the distance, too."""
        if self.is_short or self.bid is None or self.distance is None:
            return None
        return max(ZERO, self.bid - self.distance) * self.size

    @property
    def is_exercised(self) -> bool | None:
        """Whether it would be exercised by itself if the underlying closed where it is."""
        return None if self.spot is None else is_exercised_at(self.terms, self.spot)

    @property
    def effect(self) -> Delivery | None:
        """What it moves if the underlying closes where it is; None where that is not known."""
        if self.spot is None or self.settles in (Settles.FUTURE, Settles.UNKNOWN):
            return None
        return delivery(((self.instrument, self.quantity),), self.spot)

    @property
    def need(self) -> Delivery:
        """What the account must have when it is exercised or assigned: cash for shares taken, shares for shares given;
        nothing where it settles otherwise."""
        if self.settles is not Settles.SHARES:
            return Delivery(ZERO, ZERO)
        takes = (self.terms.right is Right.CALL) is not self.is_short
        return Delivery(ZERO, self.size * self.terms.strike) if takes else Delivery(self.size, ZERO)

    @property
    def is_covered(self) -> bool | None:
        """Whether the account has what is needed; None when its cash is not known."""
        if self.need.cash:
            return None if self.cash is None else self.cash >= self.need.cash
        return self.shares >= self.need.shares

    def left(self, now: datetime) -> timedelta | None:
        """Until it stops trading; negative when it has, None where its hours are not known."""
        return None if self.schedule.stops_at is None else self.schedule.stops_at - now

    def days_left(self, now: datetime) -> int:
        """Calendar days in New York to its last trading day."""
        return (self.schedule.last_day - now.astimezone(NEW_YORK).date()).days

    def holding(self, now: datetime) -> Holding:
        """As the checks of an exercise look at it."""
        return Holding(
            now=now, held=max(ZERO, self.quantity), shares=self.shares, spot=self.spot, mark=self.mark, bid=self.bid,
            cash=self.cash, dividend=self.dividend,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """One way it may end: with the underlying's close at `price` or on its far side (`is_above`: higher prices)."""

    price: Decimal
    is_above: bool
    is_exercised: bool
    delivers: Delivery | None


def endings(row: Expiring) -> tuple[Ending, Ending]:
    """What happens on either side of the strike, lower prices first. The clearing house exercises from a cent on."""
    strike, is_call = row.terms.strike, row.terms.right is Right.CALL
    edge = strike + BY_EXCEPTION if is_call else strike - BY_EXCEPTION
    nothing = Ending(price=strike, is_above=not is_call, is_exercised=False, delivers=Delivery(ZERO, ZERO))
    whole = delivery(((row.instrument, row.quantity),), edge) if row.settles is Settles.SHARES else None
    taken = Ending(price=edge, is_above=is_call, is_exercised=True, delivers=whole)
    return (nothing, taken) if is_call else (taken, nothing)


def _timing(instrument: Instrument) -> Timing:
    if not is_european(instrument):
        return Timing.CLOSE
    root = instrument.trading_class
    if not root and instrument.symbol in _AT_THE_OPENING:
        return Timing.UNTOLD
    return Timing.OPENING if (root or instrument.symbol) in _AT_THE_OPENING else Timing.CLOSE


def _day_before(expiry: date, instrument: Instrument, calendar: Calendar) -> date:
    root = instrument.trading_class or instrument.symbol
    settles_on = _WEDNESDAY if root.startswith("VIX") else _FRIDAY
    return business_days(expiry, -2, calendar)[0] if expiry.weekday() == settles_on else expiry


def _at(day: date, wall: time) -> datetime:
    return datetime.combine(day, wall, NEW_YORK).astimezone(UTC)
