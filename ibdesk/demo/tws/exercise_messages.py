"""Exercise instructions: what makes one valid, and what it does to the account (tws-api.md 5.6)."""

from ibdesk.demo.clock import NEW_YORK
from ibdesk.demo.expiry import exercised, is_ahead
from ibdesk.demo.tws.client import Client
from ibdesk.demo.tws.contract_messages import NONE_FOUND
from ibdesk.demo.tws.contracts import matching, read_contract
from ibdesk.demo.tws.floor import Floor
from ibdesk.demo.tws.wire import Reader

EXERCISE, LAPSE = 1, 2
REFUSED = 201


def exercise(floor: Floor, client: Client, reader: Reader) -> None:
    """Exercise long options now, or let them lapse at the end of their last day. Nothing is answered to a good one."""
    reader.skip(1)
    number, asked = reader.whole(), read_contract(reader, has_primary=False)
    action, quantity, account, overrides = reader.whole(), reader.number(), reader.text(), reader.flag()
    found = matching(asked, floor.chains, floor.catalogue, floor.now)
    if len(found) != 1 or not found[0].is_option:
        client.error(number, 200, NONE_FOUND)
        return
    now, option = floor.now, found[0]
    words = ""
    held = next((one for one in floor.figures(account).holdings if one.listing.conid == option.conid), None) \
        if account in floor.account.books else None
    if floor.is_cut_off:
        words = "No connection to the broker"
    elif held is None or quantity is None or not 0 < quantity <= held.quantity or action not in (EXERCISE, LAPSE):
        words = "No such long position, or not that many contracts"
    elif action == LAPSE and option.expiry != now.astimezone(NEW_YORK).date():
        words = "Lapse is possible on the last trading day only"
    elif not overrides and is_ahead(floor.market, option, now) is (action == LAPSE):
        words = "The instruction is against the natural action; set override"
    if words or held is None or quantity is None:
        client.error(number, REFUSED, f"Order rejected - reason:{words}")
    elif action == LAPSE:
        floor.exchange.lapse(account, option.conid)
    else:
        mark = floor.account.blotter.changes
        for fill in tuple(exercised(account, held, quantity, floor.catalogue, now, mark=mark)):
            floor.account.record(fill)
