"""What the socket's figures, times and contracts mean: every way of writing "unset", every zone, every class."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.executions import Commission, ExecId, Execution, ExecutionKind
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import Currency, known
from ibdesk.domain.orders import OrderId, OrderRef, Side

#: INT_MAX and LONG_MAX stand for "unset" in whole numbers (reference/tws-api.md 1.3).
_UNSET_WHOLE = frozenset({2**31 - 1, 2**63 - 1})
_CLASSES = {each.value: each for each in AssetClass} | {"CMDTY": AssetClass.OTHER}
_OPTIONS = (AssetClass.OPTION, AssetClass.FUTURE_OPTION, AssetClass.WARRANT)
_EXPIRING = (*_OPTIONS, AssetClass.FUTURE, AssetClass.BOND, AssetClass.BILL)
_BONDS = (AssetClass.BOND, AssetClass.BILL)
_ONE = Decimal(1)
#: A database keeps 64 bits of a contract id.
_NO_CONID_FROM = 2**63
#: Names of zones that TWS writes and Python does not have (reference/tws-api.md 5.8).
_ZONES = {
    "EDT": "America/New_York", "CST": "America/Chicago", "CDT": "America/Chicago", "MDT": "America/Denver",
    "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles", "BST": "Europe/London", "CEST": "Europe/Berlin",
    "JST": "Asia/Tokyo", "HKT": "Asia/Hong_Kong", "Z": "UTC",
}
_INSTANT = re.compile(
    r"(?P<day>\d{8})(?P<gap>[ -]+)(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2}))?(?:\.\d+)?\s*(?P<zone>\S.*)?"
)


def number(value: float | str | Decimal | None) -> Decimal | None:
    """The figure, exactly as written; None for what stands for "no value": DBL_MAX, NaN, nothing."""
    if value is None or value == "":
        return None
    try:
        found = known(Decimal(value if isinstance(value, str | Decimal) else repr(value)))
    except InvalidOperation:
        return None
    if found is None or found in _UNSET_WHOLE:
        return None
    return found


def size(value: float | str | Decimal | None) -> Decimal | None:
    """A quantity without the zeros that say nothing: 100.0 is 100."""
    found = number(value)
    return None if found is None else tidy(found)


def tidy(value: Decimal) -> Decimal:
    """The same number as short as it can be written, without an exponent."""
    return Decimal(format(value.normalize(), "f")) if value else Decimal(0)


def positive(value: float | str | Decimal | None) -> Decimal | None:
    """A price; the wire's 0 and -1 mean that there is none."""
    found = number(value)
    return tidy(found) if found is not None and found > 0 else None


def zone_of(name: str) -> tzinfo | None:
    """The time zone TWS means; None for one nobody knows."""
    name = name.strip()
    for each in (name, _ZONES.get(name, "")):
        with suppress(KeyError, ValueError, OSError):
            if each:
                return ZoneInfo(each)
    return None


@lru_cache(maxsize=256)
def instant(text: str, zone: tzinfo) -> datetime | None:
    """`20261120  14:30:00` (two blanks, one, or a hyphen, which means UTC), a zone's name behind it or none, or seconds
    since 1970; aware UTC. `zone` is taken where none is named or its name is unknown."""
    text = text.strip()
    if text.isdecimal() and len(text) > 8:
        return datetime.fromtimestamp(int(text), UTC)
    found = _INSTANT.fullmatch(text)
    if found is None:
        return None
    named = zone_of(found["zone"] or "")
    if named is None:
        named = UTC if found["gap"] == "-" and not found["zone"] else zone
    day = found["day"]
    try:
        local = datetime(
            int(day[:4]), int(day[4:6]), int(day[6:]), int(found["h"]), int(found["m"]), int(found["s"] or 0),
            tzinfo=named,
        )
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def day(text: str) -> date | None:
    """`20261218`, `20261218 08:30 US/Central`; None for a mere month and for what is no date."""
    digits = text.strip()[:8]
    if len(digits) != 8 or not digits.isdecimal():
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def class_of(text: str, stock_type: str = "") -> AssetClass:
    """Our class for the broker's word; a stock whose details say ETF is one."""
    kind = _CLASSES.get(text, AssetClass.OTHER)
    if kind is AssetClass.STOCK and stock_type in ("ETF", "ETN", "ETC"):
        return AssetClass.ETF
    return kind


def conid_of(contract: Any) -> Conid | None:
    """None for a combination, and for what no contract has."""
    found = contract.conId
    return Conid(found) if isinstance(found, int) and 0 < found < _NO_CONID_FROM else None


def instrument(contract: Any, known_before: Mapping[Conid, Instrument]) -> Instrument | None:
    """What a contract is; as it is known from its details, where they were asked for. None without a contract id or a
    currency."""
    conid = conid_of(contract)
    if conid is None or not contract.currency:
        return None
    return known_before.get(conid) or _instrument(contract, conid)


def detailed(details: Any) -> Instrument | None:
    """What a contract is, with all that its details say."""
    contract = details.contract
    conid = conid_of(contract)
    if conid is None or not contract.currency:
        return None
    underlying = details.underConId if 0 < (details.underConId or 0) < _NO_CONID_FROM else None
    return _instrument(
        contract, conid, name=details.longName or "", sector=details.industry or "", stock_type=details.stockType or "",
        underlying=Conid(underlying) if underlying else None, ends=day(details.realExpirationDate or ""),
    )


def _instrument(
    contract: Any, conid: Conid, *, name: str = "", sector: str = "", stock_type: str = "",
    underlying: Conid | None = None, ends: date | None = None,
) -> Instrument:  # fmt: skip
    kind = class_of(contract.secType, stock_type)
    expiry = day(contract.lastTradeDateOrContractMonth or "") or ends
    return Instrument(
        conid=conid, symbol=contract.symbol or contract.localSymbol or str(conid), asset_class=kind,
        currency=Currency(contract.currency), name=name, broker_class=contract.secType,
        multiplier=_multiplier(contract.multiplier, kind),
        exchange=contract.primaryExchange or _venue(contract.exchange), sector=sector,
        expiry=expiry if kind in _EXPIRING else None, option=_terms(contract, expiry) if kind in _OPTIONS else None,
        underlying_conid=underlying, trading_class=(contract.tradingClass or "") if kind in _OPTIONS else "",
    )


def _venue(exchange: str) -> str:
    return "" if exchange in ("", "SMART") else exchange


def _terms(contract: Any, expiry: date | None) -> OptionTerms | None:
    right, strike = (contract.right or "")[:1].upper(), positive(contract.strike)
    if right not in ("C", "P") or strike is None or expiry is None:
        return None
    return OptionTerms(right=Right(right), strike=strike, expiry=expiry)


def _multiplier(written: str, kind: AssetClass) -> Decimal:
    """A bond's price is in percent of its face; `bond_multiplier` knows better where there are figures."""
    if kind in _BONDS:
        return Decimal("0.01")
    return positive(written) or _ONE


def bond_multiplier(quantity: Decimal, price: Decimal | None, value: Decimal | None) -> Decimal | None:
    """What one unit of price is worth for one unit of a bond, as its own figures say: the nearest power of ten, since
    whether its quantity is face value or thousands of it is documented nowhere."""
    if not price or not value or not quantity:
        return None
    ratio = abs(value / (price * quantity))
    if not ratio or abs(ratio.adjusted()) > 12:
        return None
    return tidy(_ONE.scaleb(int(ratio.log10().to_integral_value())))


_SIDES = {"BOT": Side.BUY, "BUY": Side.BUY, "SLD": Side.SELL, "SELL": Side.SELL, "SSHORT": Side.SELL}


def side_of(text: str) -> Side | None:
    return _SIDES.get(text.strip().upper())


def execution(contract: Any, report: Any, known_before: Mapping[Conid, Instrument]) -> Execution | None:
    """A print; None for the line that sums a combination up (its legs move the positions), and for what cannot be one.

    `report.time` is aware UTC: the seam sees to that before the library reads it.
    """
    what, side = instrument(contract, known_before), side_of(report.side)
    shares, price = size(report.shares), number(report.price)
    if contract.secType == "BAG" or what is None or side is None or not shares or price is None or not report.execId:
        return None
    return Execution(
        exec_id=ExecId(report.execId), account=AccountId(report.acctNumber), instrument=what, side=side,
        quantity=abs(shares), price=tidy(price), at=report.time.astimezone(UTC),
        order_id=order_id(report.permId), ref=ref_of(report.orderRef),
        kind=ExecutionKind.LIQUIDATION if report.liquidation == 1 else ExecutionKind.TRADE,
        exchange=report.exchange or "",
    )  # fmt: skip


def commission(report: Any) -> Commission | None:
    """What a print cost; the profit it realised is None where the broker has none to tell (an opening). Without a
    currency it is the instrument's."""
    amount = number(report.commission)
    if amount is None or not report.execId:
        return None
    realized = number(report.realizedPNL)
    return Commission(
        exec_id=ExecId(report.execId), amount=tidy(amount), currency=Currency(report.currency or ""),
        realized=None if realized is None else tidy(realized),
    )


def order_id(perm_id: int) -> OrderId | None:
    """The broker's id of an order, the same for every client; 0 is none."""
    return OrderId(str(perm_id)) if perm_id and perm_id not in _UNSET_WHOLE else None


def ref_of(text: str) -> OrderRef | None:
    return OrderRef(text) if text else None


def stem(exec_id: str) -> str:
    """What a print and its corrections have in common: all but the part after the last dot, which is the revision."""
    return exec_id.rpartition(".")[0] or exec_id


def revision(exec_id: str) -> int:
    last = exec_id.rpartition(".")[2]
    return int(last) if last.isdecimal() else 0
