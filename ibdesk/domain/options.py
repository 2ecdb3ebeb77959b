"""What a set of holdings amounts to: shares and options of one underlying recognised as strategies, and what is naked.

The order is that of reference/compliance.md 3.2: shares cover short calls first (short shares cover short puts), then
longs cover the shorts that are left, never one that outlives them; only then are the pairs given their larger names.
Shorts that expire last are covered first, because the fewest longs can do it: so as many as possible are covered. Among
longs that may cover a short the one that leaves the least at risk is taken, then the same expiry, then the nearest
strike. A broker's own optimiser may pair otherwise; how many are naked is the same.

Everything is sorted before it is paired: the order in which holdings are told changes nothing.
"""

from collections.abc import Hashable, Iterable
from datetime import date
from decimal import Decimal

from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import ZERO
from ibdesk.domain.recognition import parts_of
from ibdesk.domain.strategies import Recognition, StrategyLeg

#: Signed quantities: what is held, what works, what an order changes.
Holdings = tuple[tuple[Instrument, Decimal], ...]

_OPTIONS = frozenset({AssetClass.OPTION, AssetClass.FUTURE_OPTION})
_UNDERLYINGS = frozenset({AssetClass.STOCK, AssetClass.ETF, AssetClass.FUTURE})

#: Roots whose options can be exercised at expiry only, all settled in cash (reference/compliance.md section 5, with
#: their second roots and the small and European-style twins of the same indices, by Cboe's and Nasdaq's product pages).
_EUROPEAN = frozenset(
    {"SPX", "SPXW", "XSP", "VIX", "VIXW", "NDX", "NDXP", "XND", "RUT", "RUTW", "MRUT", "DJX", "XEO"}
)


def is_european(instrument: Instrument) -> bool:
    """Whether an option can be exercised at expiry only: the listed index roots; all others are taken as American."""
    is_option = instrument.asset_class is AssetClass.OPTION
    return is_option and (instrument.trading_class or instrument.symbol) in _EUROPEAN


def is_cash_settled(instrument: Instrument) -> bool:
    """Whether an option pays cash instead of moving shares: the European ones, and OEX, which is American."""
    root = instrument.trading_class or instrument.symbol
    return is_european(instrument) or (instrument.asset_class is AssetClass.OPTION and root == "OEX")


def merged(*groups: Holdings) -> Holdings:
    """The position that results from several (held, working, this order): netted by conid, flat ones left out."""
    instruments: dict[Conid, Instrument] = {}
    quantities: dict[Conid, Decimal] = {}
    for group in groups:
        for instrument, quantity in group:
            instruments.setdefault(instrument.conid, instrument)
            quantities[instrument.conid] = quantities.get(instrument.conid, ZERO) + quantity
    return tuple((instruments[conid], quantity) for conid, quantity in quantities.items() if quantity)


def more_naked(before: tuple[Recognition, ...], after: tuple[Recognition, ...]) -> tuple[StrategyLeg, ...]:
    """The naked shorts of the result, of each underlying and right of which more are naked than before.

    An order that only makes positions smaller can do it too, when what it sells covered a short.
    """
    past = {(each.symbol, each.underlying, right): each.naked_contracts(right) for each in before for right in Right}
    return tuple(
        leg
        for each in after
        for leg in each.naked
        if leg.terms is not None
        and each.naked_contracts(leg.terms.right) > past.get((each.symbol, each.underlying, leg.terms.right), ZERO)
    )


def recognise(holdings: Holdings) -> tuple[Recognition, ...]:
    """Every underlying's holdings as strategies, by symbol; what is neither share, future nor option is left out."""
    rows = sorted(merged(holdings), key=lambda row: _order(row[0]))
    found = [_recognised(group) for group in _groups(rows)]
    return tuple(sorted(found, key=lambda each: (each.symbol, each.underlying or 0)))


def _recognised(group: list[tuple[Instrument, Decimal]]) -> Recognition:
    parts = parts_of((instrument, quantity, _terms(instrument)) for instrument, quantity in group)
    return Recognition(symbol=group[0][0].symbol, underlying=_underlying(group), parts=parts)


def _order(instrument: Instrument) -> tuple[object, ...]:
    """A total order: shares first, then options by expiry, right and strike."""
    terms = instrument.option
    if terms is None or instrument.asset_class not in _OPTIONS:
        return (0, date.min, "", ZERO, instrument.trading_class, instrument.conid)
    return (1, terms.expiry, terms.right, terms.strike, instrument.trading_class, instrument.conid)


def _groups(rows: list[tuple[Instrument, Decimal]]) -> Iterable[list[tuple[Instrument, Decimal]]]:
    """Rows of one underlying each. An option that does not tell its underlying joins the one of its symbol, if any."""
    keys: list[Hashable] = [_own_underlying(instrument) for instrument, _ in rows]
    if None in keys:
        known = _families(rows)
        keys = [_adopted(row[0], known) if key is None else key for row, key in zip(rows, keys, strict=True)]
    groups: dict[Hashable, list[tuple[Instrument, Decimal]]] = {}
    for key, row in zip(keys, rows, strict=True):
        if row[0].asset_class in _UNDERLYINGS or _terms(row[0]) is not None:
            groups.setdefault(key, []).append(row)
    return groups.values()


def _families(rows: list[tuple[Instrument, Decimal]]) -> dict[tuple[str, str, bool], Conid]:
    """The underlying of each symbol, by the first row that tells it."""
    known: dict[tuple[str, str, bool], Conid] = {}
    for instrument, _ in rows:
        conid = _own_underlying(instrument)
        if conid is not None and instrument.asset_class is not AssetClass.FUTURE:
            known.setdefault(_family(instrument), conid)
    return known


def _adopted(instrument: Instrument, known: dict[tuple[str, str, bool], Conid]) -> Hashable:
    """Where an option belongs that does not tell its underlying."""
    family = _family(instrument)
    if instrument.asset_class is AssetClass.OPTION:
        return known.get(family, family)
    # a future option on nobody knows which month covers only within its own expiry
    return (*family, instrument.option.expiry if instrument.option else None)


def _family(instrument: Instrument) -> tuple[str, str, bool]:
    return (instrument.symbol, instrument.currency, instrument.asset_class is AssetClass.FUTURE_OPTION)


def _own_underlying(instrument: Instrument) -> Conid | None:
    return instrument.conid if instrument.asset_class in _UNDERLYINGS else instrument.underlying_conid


def _underlying(group: list[tuple[Instrument, Decimal]]) -> Conid | None:
    return next((conid for instrument, _ in group if (conid := _own_underlying(instrument)) is not None), None)


def _terms(instrument: Instrument) -> OptionTerms | None:
    """The terms of what is recognised as an option; a warrant has terms and is none."""
    return instrument.option if instrument.asset_class in _OPTIONS else None
