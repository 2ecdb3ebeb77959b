"""Orders, executions and commissions told to those who may hear of them: as they happen, and when asked for the day's.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ibdesk.demo.exchange import DemoOrder
from ibdesk.demo.tws.account_messages import quantity_text
from ibdesk.demo.tws.client import Client
from ibdesk.demo.tws.faults import TimeStyle
from ibdesk.demo.tws.floor import Floor
from ibdesk.demo.tws.order_rows import tell_order
from ibdesk.demo.tws.tape import Charge, Report
from ibdesk.demo.tws.wire import UNSET, UNSET_INT, Reader, dashed, framed, plain, zoned

NO_REQUEST = -1
SINCE = re.compile(r"(\d{8})[- ]+(\d{2}:\d{2}:\d{2})(?: +(\S+))?")
PENDING_REVISION_FROM = 178


def follow(floor: Floor, client: Client) -> None:
    """Tell a client what is on the tape since it last heard."""
    events = floor.tape.events
    while client.heard < len(events):
        event = events[client.heard]
        client.heard += 1
        report = event.report if isinstance(event, Charge) else event
        number = report.number if isinstance(report, DemoOrder) else report.fill.order_id
        owner = floor.orders.owner(number)
        if not floor.hears(client, owner.client):
            continue
        if isinstance(event, DemoOrder):
            tell_order(floor, client, event)
        elif isinstance(event, Report):
            _tell_execution(floor, client, event, NO_REQUEST)
        else:
            _tell_charge(floor, client, event.report)


def executions(floor: Floor, client: Client, reader: Reader) -> None:
    """The executions of the day that pass the filter, from every client; then their commissions."""
    reader.skip(1)
    number = reader.whole()
    wanted, account, since = reader.whole(), reader.text(), _since(reader.text(), floor.zone)
    symbol, sec_type, exchange, side = (reader.text() for _ in range(4))
    floor.tape.run(floor.now)
    if not floor.is_cut_off:
        follow(floor, client)
    found = []
    until = floor.faults.lost_since or floor.now
    for report in floor.tape.executions(max(since or floor.start_of_day(), floor.start_of_day()), until):
        listing = report.fill.listing
        rules = (
            (wanted, floor.orders.owner(report.fill.order_id).client), (account, report.fill.account),
            (symbol, listing.symbol), (sec_type, listing.asset_class), (exchange, report.fill.exchange),
            (side.upper()[:3], "BUY" if report.fill.quantity > 0 else "SEL"),
        )
        if all(not asked or asked == known for asked, known in rules):
            found.append(report)
    for report in found:
        _tell_execution(floor, client, report, number)
    if floor.faults.commissions_after_end:
        _end(floor, client, number)
    for report in found:
        if floor.tape.is_charged(report):
            _tell_charge(floor, client, report)
    if not floor.faults.commissions_after_end:
        _end(floor, client, number)


def time_text(at: datetime, style: TimeStyle, zone: str) -> str:
    """An instant as executions write it."""
    local = at.astimezone(ZoneInfo(zone))
    match style:
        case TimeStyle.ZONE:
            return zoned(at, zone)
        case TimeStyle.NAIVE:
            return f"{local:%Y%m%d  %H:%M:%S}"
        case TimeStyle.DASH:
            return dashed(at)
        case TimeStyle.UTC:
            return f"{at.astimezone(UTC):%Y%m%d %H:%M:%S} UTC"
        case TimeStyle.SHORT:
            return f"{at.astimezone(ZoneInfo('EST')):%Y%m%d %H:%M:%S} EST"
        case TimeStyle.UNKNOWN:
            return f"{local:%Y%m%d %H:%M:%S} Mars/Olympus"


def _end(floor: Floor, client: Client, number: int) -> None:
    if "executions" not in floor.faults.lost_ends:
        client.send(55, 1, number)


def _since(text: str, zone: str) -> datetime | None:
    """A filter's instant: with a dash it is UTC, else in the named zone, else in the gateway's."""
    found = SINCE.match(text)
    if found is None:
        return None
    name = found[3] or ("UTC" if "-" in text else zone)
    try:
        where = ZoneInfo(name)
    except (KeyError, ValueError):
        where = ZoneInfo(zone)
    return datetime.strptime(f"{found[1]} {found[2]}", "%Y%m%d %H:%M:%S").replace(tzinfo=where)


def _tell_execution(floor: Floor, client: Client, report: Report, number: int) -> None:
    client.outlet.write(framed("\0".join(_execution(floor, client, report, number)) + "\0"))


def _execution(floor: Floor, client: Client, report: Report, number: int) -> Iterator[str]:
    fill, owner = report.fill, floor.orders.owner(report.fill.order_id)
    is_orphan = number == NO_REQUEST and floor.faults.take("orphans")
    yield from ("11", str(number), UNSET_INT if is_orphan else str(owner.order_id))
    yield _contract(floor, report)
    yield from (report.exec_id, time_text(fill.at, floor.faults.time_style, floor.zone), fill.account, fill.exchange)
    yield from ("BOT" if fill.quantity > 0 else "SLD", quantity_text(floor, report.shares), plain(report.price))
    yield from ("0" if is_orphan else str(fill.order_id), str(owner.client), "0")
    yield from (quantity_text(floor, report.filled), plain(round(report.average, 8)))
    yield from (owner.wanted.order_ref if owner.wanted is not None else fill.ref, "", "", "", "2")
    if client.version >= PENDING_REVISION_FROM:
        yield "0"


def _contract(floor: Floor, report: Report) -> str:
    listing = report.fill.listing
    if not report.is_combo:
        return floor.spelling(listing, report.fill.exchange)
    return "\0".join(("28812380", listing.symbol, "BAG", "", "0.0", "", "", report.fill.exchange, listing.currency,
                      f"{listing.symbol}", "COMB"))


def _tell_charge(floor: Floor, client: Client, report: Report) -> None:
    if report.is_combo:
        return
    gain: Decimal | None = report.realized
    realized = "" if floor.faults.has_empty_numbers else UNSET if gain is None else plain(gain)
    client.send(59, 1, report.exec_id, plain(report.fill.commission), report.fill.listing.currency, realized, UNSET, "")
