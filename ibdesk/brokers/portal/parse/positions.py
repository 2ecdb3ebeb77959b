"""The shape of a position on the Portal's wire in both stages of its filling, and what it means per asset class.

First stage: the portfolio's half, in one go. Second stage: the contract's half is added (ticker, name, exchange, type).
What a row lacks is taken from the contract definition, then from its own description, then derived from its figures.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import msgspec

from ibdesk.brokers.portal.parse import wire
from ibdesk.brokers.portal.parse.accounts import base_account
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import Currency
from ibdesk.domain.positions import Position, Skipped

#: `SPY    JAN2025 440 C [SPY   250117C00440000 100]`: symbol, expiry, right, strike x 1000, multiplier.
_OPTION_CODE = re.compile(
    r"\[(?P<symbol>\S+)\s+(?P<day>\d{6})(?P<right>[CP])(?P<strike>\d{8})\s+(?P<multiplier>[\d.]+)\]"
)
_DERIVATIVES = (AssetClass.OPTION, AssetClass.FUTURE_OPTION, AssetClass.WARRANT, AssetClass.FUTURE)
_OPTIONS = (AssetClass.OPTION, AssetClass.FUTURE_OPTION, AssetClass.WARRANT)
_CLASSES = {each.value: each for each in AssetClass}
_ONE = Decimal(1)
#: Powers of ten beyond which a multiplier is none, and the size from which a number is no contract id: a database
#: keeps 64 bits of it.
_MOST_DIGITS = 12
_NO_CONID_FROM = 2**63


class Row(msgspec.Struct, rename="camel", gc=False):
    """A position as sent, its figures as written. Everything may be missing.

    Fields are in the wire's order, and all of them are here though nobody reads some (`exchs`, `time`, `group`, …):
    msgspec looks for a name first where the last one was, and compares one it does not find with all the others. A
    page with every name known is decoded in 1.27 rather than 1.45 µs a row.
    """

    acct_id: str | None = None
    conid: int | None = None
    contract_desc: str | None = None
    position: wire.Written = wire.NOTHING
    mkt_price: wire.Written = wire.NOTHING
    mkt_value: wire.Written = wire.NOTHING
    currency: str | None = None
    avg_cost: wire.Written = wire.NOTHING
    avg_price: wire.Written = wire.NOTHING
    realized_pnl: wire.Written = wire.NOTHING
    unrealized_pnl: wire.Written = wire.NOTHING
    exchs: wire.Text = None
    expiry: wire.Text = None
    put_or_call: str | None = None
    multiplier: wire.Written = wire.NOTHING
    strike: wire.Written = wire.NOTHING
    exercise_style: wire.Text = None
    con_exch_map: wire.Written = wire.NOTHING
    asset_class: str | None = None
    und_conid: int | None = None
    model: str | None = None
    time: wire.Text = None
    chinese_name: wire.Text = None
    all_exchanges: wire.Text = None
    listing_exchange: str | None = None
    country_code: wire.Text = None
    name: str | None = None
    last_trading_day: wire.Text = None
    group: wire.Text = None
    sector: str | None = None
    sector_group: wire.Text = None
    ticker: str | None = None
    type: str | None = None
    und_comp: wire.Text = None
    und_sym: wire.Text = None
    has_options: bool | None = None
    full_name: wire.Text = None
    is_us: bool | None = msgspec.field(default=None, name="isUS")
    increment_rules: wire.Written = wire.NOTHING
    display_rule: wire.Written = wire.NOTHING
    is_event_contract: bool | None = None
    page_size: wire.Text = None
    cross_currency: bool | None = None

    @property
    def has_contract_half(self) -> bool:
        return bool(self.ticker or self.name or self.listing_exchange)

    @property
    def is_half(self) -> bool:
        """Held, and its contract's half has not arrived yet."""
        return not self.has_contract_half and bool(wire.figure(self.position))

    @property
    def says(self) -> str:
        """How to name it to a person."""
        return (self.contract_desc or self.ticker or "").strip() or f"conid {self.conid or 'unknown'}"


class Definition(msgspec.Struct, rename="camel", gc=False):
    """A contract's half, asked for by conid."""

    conid: int
    asset_class: str | None = None
    ticker: str | None = None
    type: str | None = None
    name: str | None = None
    listing_exchange: str | None = None
    expiry: wire.Text = None
    last_trading_day: wire.Text = None
    put_or_call: str | None = None
    strike: wire.Written = wire.NOTHING
    multiplier: wire.Written = wire.NOTHING
    sector: str | None = None
    und_conid: int | None = None


class _Definitions(msgspec.Struct, rename="camel"):
    secdef: list[msgspec.Raw]


class _Figures(NamedTuple):
    """The figures of a row that say something about its instrument too, each read once."""

    quantity: Decimal
    average_cost: Decimal | None
    average_price: Decimal | None
    price: Decimal | None
    market_value: Decimal | None


class Line(NamedTuple):
    """A position, and the model portfolio inside the account that holds it."""

    position: Position
    model: str


def rows(body: bytes) -> Sequence[Row | msgspec.Raw]:
    """One page. A row that is no object stays raw. Raises BadData when the page is no list."""
    return wire.decode_rows(body, Row, "the positions")


def definitions(body: bytes) -> dict[int, Definition]:
    """Contract halves by conid; one that cannot be read is left out."""
    found = wire.decode(body, _Definitions, "the contracts").secdef
    parsed = (wire.row(raw, Definition) for raw in found)
    return {each.conid: each for each in parsed if isinstance(each, Definition) and each.conid}


def lines(
    page: Sequence[Row | msgspec.Raw], account: AccountId, found: Mapping[int, Definition]
) -> list[Line | Skipped]:
    """What each row of a page means. Rows of quantity zero are left out: they were closed today."""
    base = base_account(account)
    read = (_line(row, account, base, found) for row in page)
    return [each for each in read if each is not None]


class Holdings:
    """Each instrument once, gathered page by page, and by name what could not be taken in.

    A repeated row replaces the one before it; a second line of an instrument, in another model, is left out by name.
    """

    def __init__(self) -> None:
        self._held: dict[Conid, Position] = {}
        self._models: dict[Conid, str] = {}
        self._seconds: dict[tuple[Conid, str], Position] = {}
        self._skipped: list[Skipped] = []

    def add(self, read: Iterable[Line | Skipped]) -> None:
        """Take in what some rows meant."""
        for each in read:
            if isinstance(each, Skipped):
                self._skipped.append(each)
                continue
            conid = each.position.instrument.conid
            if self._models.setdefault(conid, each.model) == each.model:
                self._held[conid] = each.position
            else:
                self._seconds[conid, each.model] = each.position

    @property
    def positions(self) -> tuple[Position, ...]:
        return tuple(self._held.values())

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        seconds = (
            Skipped(what=position.instrument.label, why=f"It is a second line of it, in model {model}.")
            for (_, model), position in self._seconds.items()
        )
        return (*self._skipped, *seconds)


def _line(
    row: Row | msgspec.Raw, account: AccountId, base: AccountId, found: Mapping[int, Definition]
) -> Line | Skipped | None:
    if isinstance(row, msgspec.Raw):
        return Skipped(what=bytes(row)[:60].decode("utf-8", "replace"), why="It is not a position.")
    if row.acct_id and row.acct_id != account and base_account(row.acct_id) != base:
        return Skipped(what=row.says, why="It belongs to another account.")
    if not row.conid or abs(row.conid) >= _NO_CONID_FROM:
        return Skipped(what=row.says, why="The broker sent no contract id with it.")
    quantity = wire.figure(row.position)
    if quantity is None:
        return Skipped(what=row.says, why="The broker sent no quantity with it.", conid=Conid(row.conid))
    if quantity == 0:
        return None
    if not row.currency:
        return Skipped(what=row.says, why="The broker sent no currency with it.", conid=Conid(row.conid))
    figures = _Figures(
        quantity=quantity, average_cost=wire.figure(row.avg_cost), average_price=wire.figure(row.avg_price),
        price=wire.figure(row.mkt_price), market_value=wire.figure(row.mkt_value),
    )
    whole = _completed(row, found.get(row.conid))
    position = Position(
        account=account,
        instrument=_instrument(whole, Conid(row.conid), Currency(row.currency), figures),
        quantity=quantity,
        average_cost=figures.average_cost,
        average_price=figures.average_price,
        price=figures.price,
        market_value=figures.market_value,
        unrealized=wire.figure(row.unrealized_pnl),
        realized=wire.figure(row.realized_pnl),
    )
    return Line(position, row.model or "")


def _completed(row: Row, half: Definition | None) -> Row:
    """The row with its gaps filled from the contract's definition."""
    if half is None:
        return row
    names = (field for field in Definition.__struct_fields__ if field != "conid")
    gaps = {name: getattr(half, name) for name in names if _is_gap(getattr(row, name))}
    return msgspec.structs.replace(row, **gaps)


def _is_gap(value: object) -> bool:
    return not (wire.figure(value) if isinstance(value, wire.Written) else value)


def _instrument(row: Row, conid: Conid, currency: Currency, figures: _Figures) -> Instrument:
    kind = class_of(row.asset_class, row.type)
    code = _OPTION_CODE.search(row.contract_desc or "") if kind in _OPTIONS else None
    expiry = wire.day(row.expiry) or wire.day(row.last_trading_day) or wire.day("20" + code["day"] if code else None)
    return Instrument(
        conid=conid,
        symbol=_symbol(row),
        asset_class=kind,
        currency=currency,
        name=row.name or (row.contract_desc or "").split("[")[0].strip(),
        broker_class=row.asset_class or "",
        multiplier=_multiplier(row, kind, code, figures),
        exchange=row.listing_exchange or "",
        sector=row.sector or "",
        expiry=expiry if kind in _DERIVATIVES or kind in (AssetClass.BOND, AssetClass.BILL) else None,
        option=_option_terms(row, code, expiry) if kind in _OPTIONS else None,
        underlying_conid=Conid(row.und_conid) if row.und_conid and abs(row.und_conid) < _NO_CONID_FROM else None,
    )


def class_of(text: str | None, kind: str | None = None) -> AssetClass:
    """Our class for the broker's word; a stock of type ETF is an ETF, a word we do not know is OTHER."""
    if text == "STK" and kind == "ETF":
        return AssetClass.ETF
    return _CLASSES.get(text or "", AssetClass.OTHER)


def _symbol(row: Row) -> str:
    """A derivative's ticker is its root (ES), which is not its underlying's symbol (SPX)."""
    words = (row.contract_desc or "").split()
    return row.ticker or (words[0] if words else "") or str(row.conid)


def _option_terms(row: Row, code: re.Match[str] | None, expiry: date | None) -> OptionTerms | None:
    right = (row.put_or_call or (code["right"] if code else ""))[:1].upper()
    strike = wire.figure(row.strike) or (Decimal(code["strike"]) / 1000 if code else None)
    if right not in ("C", "P") or not strike or expiry is None:
        return None
    return OptionTerms(right=Right(right), strike=strike, expiry=expiry)


def _multiplier(row: Row, kind: AssetClass, code: re.Match[str] | None, figures: _Figures) -> Decimal:
    """What the broker says; else the option's own code; else cost per contract over cost per unit of price.

    A bond's is market value over price x quantity, because whether its quantity is face value or thousands of it is
    documented nowhere (reference/client-portal-api.md 4.2).
    """
    if kind in (AssetClass.BOND, AssetClass.BILL):
        return _power_of_ten(_per_unit(figures)) or Decimal("0.01")
    stated = _plausible(wire.figure(row.multiplier))
    if stated:
        return wire.tidy(abs(stated))
    if kind not in _DERIVATIVES:
        return _ONE
    if code:
        return wire.tidy(_plausible(wire.number(code["multiplier"])) or _ONE)
    derived = _ratio(figures.average_cost, figures.average_price, _ONE) or _per_unit(figures)
    if derived is None:
        return _ONE
    return derived.quantize(_ONE) if derived >= 1 else _power_of_ten(derived) or _ONE


def _per_unit(figures: _Figures) -> Decimal | None:
    return _ratio(figures.market_value, figures.price, figures.quantity)


def _ratio(whole: Decimal | None, price: Decimal | None, quantity: Decimal | None) -> Decimal | None:
    if not whole or not price or not quantity:
        return None
    return _plausible(abs(whole / (price * quantity)))


def _plausible(multiplier: Decimal | None) -> Decimal | None:
    """None for what no contract has, such as a forgotten "unset"; real ones run from a thousandth to millions."""
    return multiplier if multiplier and abs(multiplier.adjusted()) <= _MOST_DIGITS else None


def _power_of_ten(value: Decimal | None) -> Decimal | None:
    """The nearest power of ten: amounts are rounded to cents, so the ratio is only nearly one."""
    if not value:
        return None
    return wire.tidy(_ONE.scaleb(int(value.log10().to_integral_value())))
