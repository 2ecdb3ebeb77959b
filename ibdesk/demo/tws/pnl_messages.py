"""Profit of accounts and of single positions, told about once a second while it moves; cheaply, for there are many."""

from ibdesk.demo.tws.client import Client, PnlLine
from ibdesk.demo.tws.floor import Floor
from ibdesk.demo.tws.wire import UNSET, Reader, framed

#: In a storm everybody is served so often (seconds).
STORM_PULSE = 0.005
#: A storm makes up for a late pulse, for so long at most (seconds).
CATCH_UP = 0.1
#: Before this version quantities are whole numbers here.
DECIMALS_FROM = 163


def account(floor: Floor, client: Client, reader: Reader) -> None:
    """The profit of one account, in the base currency; first without figures."""
    number, name = reader.whole(), reader.text()
    reader.text()
    if _is_known(floor, client, number, name):
        client.pnl[number] = PnlLine(account=name)
        client.send(94, number, UNSET, UNSET, UNSET)


def single(floor: Floor, client: Client, reader: Reader) -> None:
    """The profit of one position, in its currency; first without figures."""
    number, name = reader.whole(), reader.text()
    reader.text()
    conid = reader.whole()
    if _is_known(floor, client, number, name):
        client.pnl[number] = PnlLine(account=name, conid=conid)
        client.send(95, number, 0, UNSET, UNSET, UNSET, UNSET)


def end(_floor: Floor, client: Client, reader: Reader) -> None:
    client.pnl.pop(reader.whole(), None)


def stream(floor: Floor, client: Client) -> None:
    """What moved since the client last heard; all of it again and again in a storm."""
    if not client.pnl or client.outlet.is_full:
        return
    if floor.faults.storm_rate:
        _storm(floor, client)
        return
    if floor.ticks() < client.pnl_due:
        return
    client.pnl_due = floor.ticks() + floor.timings.pnl
    has_decimals = client.version >= DECIMALS_FROM
    write = client.outlet.write
    for number, line in client.pnl.items():
        text = floor.pnl.total(line.account) if line.conid is None else (
            floor.pnl.single(line.account, line.conid, has_decimals=has_decimals))
        if text != line.told:
            line.told = text
            write(framed(f"{94 if line.conid is None else 95}\0{number}\0{text}"))


def _storm(floor: Floor, client: Client) -> None:
    """A share of the storm: figures that jump by a cent, and are no truth."""
    lines = [(number, line) for number, line in client.pnl.items() if line.conid is not None]
    now = floor.ticks()
    count = int(floor.faults.storm_rate * min(now - client.storm_at, CATCH_UP)) if lines else 0
    client.storm_at = now
    write, size = client.outlet.write, len(lines)
    for step in range(client.storm_step, client.storm_step + count):
        number, line = lines[step % size]
        line.told = ""
        write(framed(f"95\0{number}\x001\0{step % 1000 / 100}\0{step % 997 / 100}\0{step % 991 / 100}\0{step}.25\0"))
    client.storm_step += count


def _is_known(floor: Floor, client: Client, number: int, name: str) -> bool:
    if name in floor.account.books:
        return True
    client.error(number, 321, f"Error validating request.-'bI' : cause - Invalid account code '{name}'")
    return False
