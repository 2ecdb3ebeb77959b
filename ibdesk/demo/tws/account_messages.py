"""Positions, account values and portfolio rows: asked once, then told again when they change."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from ibdesk.demo.account import BASE, Figures, Holding, Line
from ibdesk.demo.clock import NEW_YORK
from ibdesk.demo.tws.client import Client
from ibdesk.demo.tws.contracts import home_of
from ibdesk.demo.tws.floor import Floor
from ibdesk.demo.tws.wire import Reader, framed, plain

Rule = Callable[[Figures], Decimal]
#: Values in the base currency, for the whole account; those of a summary have the same names.
TOTALS: Mapping[str, Rule] = {
    "NetLiquidation": lambda one: one.net_liquidation,
    "EquityWithLoanValue": lambda one: one.net_liquidation,
    "PreviousDayEquityWithLoanValue": lambda one: one.net_liquidation - one.daily,
    "TotalCashValue": lambda one: one.cash,
    "SettledCash": lambda one: one.cash,
    "AccruedCash": lambda one: Decimal(0),
    "GrossPositionValue": lambda one: one.gross,
    "BuyingPower": lambda one: one.buying_power,
    "AvailableFunds": lambda one: one.available,
    "ExcessLiquidity": lambda one: one.excess,
    "InitMarginReq": lambda one: one.initial_margin,
    "MaintMarginReq": lambda one: one.maintenance_margin,
    "FullInitMarginReq": lambda one: one.initial_margin,
    "FullMaintMarginReq": lambda one: one.maintenance_margin,
    "FullAvailableFunds": lambda one: one.available,
    "FullExcessLiquidity": lambda one: one.excess,
    "SMA": lambda one: one.available,
}
#: Values of each currency; the same in the base currency are told under BASE.
LEDGER: Mapping[str, Callable[[Line], Decimal]] = {
    "CashBalance": lambda one: one.cash,
    "TotalCashBalance": lambda one: one.cash,
    "StockMarketValue": lambda one: one.by_class.get("STK", Decimal(0)),
    "OptionMarketValue": lambda one: one.by_class.get("OPT", Decimal(0)),
    "FutureOptionValue": lambda one: one.by_class.get("FOP", Decimal(0)),
    "FundValue": lambda one: one.by_class.get("FUND", Decimal(0)),
    "BondValue": lambda one: one.by_class.get("BOND", Decimal(0)),
    "Cryptocurrency": lambda one: one.by_class.get("CRYPTO", Decimal(0)),
    "NetLiquidationByCurrency": lambda one: one.net_liquidation,
    "UnrealizedPnL": lambda one: one.unrealized,
    "RealizedPnL": lambda one: one.realized,
    "ExchangeRate": lambda one: one.rate,
}
IN_BASE = "BASE"
LEDGER_TAG = "$LEDGER"
#: Day trades left to an account that is not limited.
UNLIMITED = "-1"


def positions(floor: Floor, client: Client, _reader: Reader) -> None:
    """Every position of every account, and from then on what changes."""
    client.wants_positions = True
    client.positions_told.clear()
    _tell_positions(floor, client)
    for conid, currency, sec_type in floor.faults.strange:
        client.send(61, 3, floor.account.ids[0], conid, "MOON", sec_type, "", "0.0", "", "", "LUNA", currency, "MOON",
                    "MOON", 7, "12.5")
    if "positions" not in floor.faults.lost_ends:
        client.send(62, 1)


def end_positions(_floor: Floor, client: Client, _reader: Reader) -> None:
    client.wants_positions = False


def updates(floor: Floor, client: Client, reader: Reader) -> None:
    """Begin or end the stream of one account's values and portfolio rows; a new one takes the place of the old."""
    reader.skip(1)
    is_on, name = reader.flag(), reader.text() or floor.account.ids[0]
    if not is_on:
        client.updates_of = ""
        return
    if name not in floor.account.books:
        client.error(-1, 321, f"Error validating request.-'bI' : cause - Invalid account code '{name}'")
        return
    client.updates_of = name
    _tell_updates(floor, client)


def multi(floor: Floor, client: Client, reader: Reader) -> None:
    """The values of one account (of all without a name), once."""
    reader.skip(1)
    number, name, model = reader.whole(), reader.text(), reader.text()
    if name and name not in floor.account.books:
        client.error(number, 321, f"Error validating request.-'bI' : cause - Invalid account code '{name}'")
        return
    for each in (name,) if name else floor.account.ids:
        for key, value, currency in values(floor.figures(each)):
            client.send(73, 1, number, each, model, key, value, currency)
    client.send(74, 1, number)


def summary(floor: Floor, client: Client, reader: Reader) -> None:
    """The wanted values of every account; at most two such requests at a time."""
    reader.skip(1)
    number, _, tags = reader.whole(), reader.text(), reader.text()
    if len(client.summaries - {number}) >= 2:
        client.error(number, 322, "Error processing request.-'bS' : cause - Maximum number of account summary "
                                  "requests exceeded")
        return
    client.summaries.add(number)
    wanted = {one for one in tags.split(",") if one}
    ledgers = [one.partition(":")[2] for one in wanted if one.startswith(LEDGER_TAG)]
    for each in floor.account.ids:
        if "AccountType" in wanted:
            client.send(63, 1, number, each, "AccountType", "INDIVIDUAL", "")
        for key, value, currency in values(floor.figures(each)):
            of_ledger = key in LEDGER and any(one in ("ALL", currency) for one in ledgers)
            if (key in wanted and key not in LEDGER) or of_ledger:
                client.send(63, 1, number, each, key, value, currency)
    client.send(64, 1, number)


def end_summary(_floor: Floor, client: Client, reader: Reader) -> None:
    reader.skip(1)
    client.summaries.discard(reader.whole())


def stream(floor: Floor, client: Client) -> None:
    """What changed of positions, and the account's values when they are due."""
    changes = floor.account.blotter.changes
    if client.wants_positions and client.positions_seen != changes:
        _tell_positions(floor, client)
    is_due = client.updates_seen != changes or floor.ticks() >= client.updates_due
    if client.updates_of and is_due and not client.outlet.is_full:
        _tell_updates(floor, client)


def values(figures: Figures) -> Iterator[tuple[str, str, str]]:
    """Key, value and currency of everything that is told of an account."""
    for key, rule in TOTALS.items():
        yield key, plain(rule(figures)), BASE
    for line in figures.lines:
        for key, of_line in LEDGER.items():
            yield key, plain(of_line(line)), line.currency
        yield "Currency", line.currency, line.currency
    share = figures.excess / figures.net_liquidation if figures.net_liquidation else Decimal(0)
    yield "Cushion", plain(round(share, 6)), ""
    yield "DayTradesRemaining", UNLIMITED, ""
    base = {"CashBalance": figures.cash, "TotalCashBalance": figures.cash, "UnrealizedPnL": figures.unrealized,
            "RealizedPnL": figures.realized, "NetLiquidationByCurrency": figures.net_liquidation,
            "ExchangeRate": Decimal(1)}
    for key, value in base.items():
        yield key, plain(value), IN_BASE


def quantity_text(floor: Floor, quantity: Decimal) -> str:
    """A quantity without needless zeros, or as older gateways write it."""
    text = plain(quantity)
    return f"{text}.0" if floor.faults.has_wide_numbers and "." not in text else text


def _tell_positions(floor: Floor, client: Client) -> None:
    now, told = floor.now, client.positions_told
    client.positions_seen = floor.account.blotter.changes
    for account in floor.account.ids:
        for listing, quantity, average in floor.account.stakes(account, now):
            key = account, listing.conid
            known = told.get(key)
            if known == (quantity, average) or (known is None and not quantity):
                continue
            told[key] = quantity, average
            cost = "" if floor.faults.has_empty_numbers else plain(average * listing.multiplier)
            spelt = floor.spelling(listing, home_of(listing))
            client.outlet.write(framed(
                f"61\x003\x00{account}\x00{spelt}\x00{quantity_text(floor, quantity)}\x00{cost}\x00"
            ))


def _tell_updates(floor: Floor, client: Client) -> None:
    name = client.updates_of
    figures = floor.figures(name)
    client.updates_seen = floor.account.blotter.changes
    client.updates_due = floor.ticks() + floor.timings.updates
    client.send(6, 2, "AccountCode", name, "", name)
    client.send(6, 2, "AccountReady", "true", "", name)
    client.send(6, 2, "AccountType", "INDIVIDUAL", "", name)
    for key, value, currency in values(figures):
        client.send(6, 2, key, value, currency, name)
    for one in figures.holdings:
        client.outlet.write(framed(_portfolio_row(floor, one, name)))
    client.send(8, 1, _wall(floor.now))
    if "account" not in floor.faults.lost_ends:
        client.send(54, 1, name)


def _portfolio_row(floor: Floor, one: Holding, account: str) -> str:
    unset = floor.faults.pnl_text
    unrealized, realized = (unset, unset) if unset else (plain(one.unrealized), plain(one.realized))
    spelt = floor.spelling(one.listing, one.listing.exchange)
    return (
        f"7\x008\x00{spelt}\x00{quantity_text(floor, one.quantity)}\x00{plain(one.price)}\x00"
        f"{plain(one.market_value)}\x00{plain(one.average_price * one.listing.multiplier)}\x00{unrealized}\x00"
        f"{realized}\x00{account}\x00"
    )


def _wall(now: datetime) -> str:
    return f"{now.astimezone(NEW_YORK):%H:%M}"
