"""The conversation: startApi and what it is answered with, then which function answers which request."""

import asyncio
from collections.abc import Callable, Mapping

from ibdesk.demo.tws import (
    account_messages,
    contract_messages,
    execution_messages,
    exercise_messages,
    history_messages,
    market_messages,
    order_messages,
    pnl_messages,
)
from ibdesk.demo.tws.client import Client
from ibdesk.demo.tws.faults import FARMS
from ibdesk.demo.tws.floor import Floor
from ibdesk.demo.tws.wire import Reader, WireError

Handler = Callable[[Floor, Client, Reader], None]
TAKEN = "Unable to connect as the client id is already in use. Retry with a unique client id."
#: Refused in read-only mode (tws-api.md 5.7); the second group has no id to answer on.
ORDER_FUNCTIONS, ORDER_QUESTIONS = frozenset({3, 4, 21}), frozenset({5, 16, 58, 99})
READ_ONLY = "Error validating request.-'bN' : cause - The API interface is currently in Read-Only mode."


def start(floor: Floor, client: Client, fields: list[str]) -> None:
    """startApi: the accounts, the next order id, the farms; or 326 and, a moment later, the end."""
    reader = Reader(fields)
    try:
        reader.skip(2)
        wanted = reader.whole()
    except WireError as error:
        client.error(-1, 320, str(error))
        return
    if wanted in floor.clients or wanted in floor.faults.refused:
        client.error(-1, 326, TAKEN)
        asyncio.get_running_loop().call_later(floor.timings.refusal, client.outlet.close)
        return
    client.id = wanted
    floor.clients[wanted] = client
    floor.tape.run(floor.now)
    client.heard = len(floor.tape.events)
    client.send(15, 1, ",".join(_named(floor)))
    client.send(9, 1, floor.orders.next_id(wanted))
    for code, words in FARMS:
        client.error(-1, code, words)


def handle(floor: Floor, client: Client, fields: list[str]) -> None:
    """One request after startApi."""
    reader = Reader(fields)
    try:
        number = reader.whole()
        handler = HANDLERS.get(number)
        if number in UNSUPPORTED:
            reader.skip(UNSUPPORTED[number] - 1)
            client.error(reader.whole(), 321, f"Error validating request.-'demo' : request {number} is not offered")
        elif handler is None:
            client.error(-1, 320, f"Error reading request. Unknown message id {number}")
        elif floor.faults.is_read_only and number in ORDER_FUNCTIONS | ORDER_QUESTIONS:
            client.error(_id_of(number, reader), 321, READ_ONLY)
        else:
            handler(floor, client, reader)
    except WireError as error:
        client.error(-1, 320, str(error))


def _id_of(number: int, reader: Reader) -> int:
    """The order id of an order function; -1 for questions, which have none."""
    if number not in ORDER_FUNCTIONS:
        return -1
    if number != 3:
        reader.skip(1)
    return reader.whole()


def _ids(floor: Floor, client: Client, _reader: Reader) -> None:
    client.send(9, 1, floor.orders.next_id(client.id))


def _accounts(floor: Floor, client: Client, _reader: Reader) -> None:
    client.send(15, 1, ",".join(_named(floor)))


def _named(floor: Floor) -> tuple[str, ...]:
    told = floor.faults.names
    return tuple(floor.account.ids) if told is None else told


def _time(floor: Floor, client: Client, _reader: Reader) -> None:
    client.send(49, 1, int(floor.now.timestamp()))


def _nothing(_floor: Floor, _client: Client, _reader: Reader) -> None:
    """Taken, and of no effect here (server log level, cancels of what was answered at once)."""


#: Requests no demo answers: message id -> where its request id is (field number).
UNSUPPORTED: Mapping[int, int] = {
    10: 2, 22: 2, 50: 2, 52: 2, 54: 2, 55: 2, 69: 2, 74: 2, 83: 1, 84: 1, 86: 1, 87: 1, 88: 1, 96: 1, 97: 1, 100: 1,
    102: 1, 104: 1,
}

HANDLERS: Mapping[int, Handler] = {
    1: market_messages.subscribe,
    2: market_messages.unsubscribe,
    3: order_messages.place,
    4: order_messages.cancel,
    5: order_messages.open_orders,
    6: account_messages.updates,
    7: execution_messages.executions,
    8: _ids,
    9: contract_messages.details,
    14: _nothing,
    15: order_messages.bind,
    16: order_messages.all_open_orders,
    17: _accounts,
    20: history_messages.bars_asked,
    21: exercise_messages.exercise,
    25: _nothing,
    49: _time,
    58: order_messages.cancel_all,
    59: market_messages.data_type,
    61: account_messages.positions,
    62: account_messages.summary,
    63: account_messages.end_summary,
    64: account_messages.end_positions,
    76: account_messages.multi,
    77: _nothing,
    78: contract_messages.chain,
    81: contract_messages.samples,
    91: contract_messages.price_rule,
    92: pnl_messages.account,
    93: pnl_messages.end,
    94: pnl_messages.single,
    95: pnl_messages.end,
    99: order_messages.completed,
}
