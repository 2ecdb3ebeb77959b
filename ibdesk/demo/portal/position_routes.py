"""Position pages in the broker's two stages and in its newer flat form; and pages that hold half their rows."""

from collections.abc import Sequence
from decimal import Decimal

from ibdesk.demo.account import Figures, Holding
from ibdesk.demo.catalogue import Catalogue, Listing
from ibdesk.demo.faults import Halves
from ibdesk.demo.portal.calls import Answer, Call, Json, answer, complain, encode, whole
from ibdesk.demo.portal.state import PortalState, epoch

PAGE = 100


class PositionRoutes:
    """Pages of 100 rows; encoded pages are kept for as long as their figures are."""

    def __init__(self, state: PortalState) -> None:
        self._state = state
        self._encoded: dict[tuple[str, int], tuple[Figures, bool, bytes]] = {}

    def page(self, call: Call) -> Answer:
        """One page; its first answer has only the portfolio half of each row."""
        account, number = call.path_values[0], whole(call.path_values[1], -1)
        if number < 0:
            return complain(400, "Bad Request: pageId is not valid")
        figures = self._state.page_figures(account)
        is_full = (account, number) in self._state.staged
        self._state.staged.add((account, number))
        return Answer(body=self._page_bytes(figures, account, number, is_full))

    def invalidate(self, call: Call) -> Answer:
        self._state.pages.pop(call.path_values[0], None)
        return answer({"message": "success"})

    def flat(self, call: Call) -> Answer:
        """/portfolio2: no pages, no cache, conids as text."""
        figures = self._state.figures(call.path_values[0])
        return answer([flat_row(one, epoch(figures.as_of)) for one in figures.holdings])

    def one(self, call: Call) -> Answer:
        """One contract's rows of one account."""
        return answer(self._rows(call.path_values[0], whole(call.path_values[1])))

    def everywhere(self, call: Call) -> Answer:
        """One contract over all accounts, keyed by account."""
        conid = whole(call.path_values[0])
        rows = {account: self._rows(account, conid) for account in self._state.account.ids}
        return answer({account: found for account, found in rows.items() if found})

    def combos(self, _call: Call) -> Answer:
        return answer([])

    def _rows(self, account: str, conid: int) -> list[Json]:
        figures = self._state.page_figures(account)
        catalogue = self._state.market.catalogue
        return [
            full_row(account, one, catalogue) for one in figures.holdings if one.listing.conid == conid
        ]

    def _page_bytes(self, figures: Figures, account: str, number: int, is_full: bool) -> bytes:
        known = self._encoded.get((account, number))
        halves = self._state.faults.halves
        if known is not None and known[0] is figures and known[1] == is_full and halves is Halves.WHOLE:
            return known[2]
        rows = page_of(figures.holdings, number, halves)
        catalogue = self._state.market.catalogue
        body = encode([
            full_row(account, one, catalogue) if is_full else first_row(account, one) for one in rows
        ])
        if halves is Halves.WHOLE:
            self._encoded[account, number] = (figures, is_full, body)
        return body


def page_of(holdings: Sequence[Holding], number: int, halves: Halves) -> Sequence[Holding]:
    """The rows of one page. A page of half its rows is followed by the other half, or by its own last row first."""
    size, step = PAGE, PAGE
    if halves is not Halves.WHOLE:
        size = max(2, min(PAGE, len(holdings) + 1) // 2)
        step = size - 1 if halves is Halves.REPEAT else size
    return holdings[number * step:number * step + size]


def average_cost(one: Holding) -> Decimal:
    """The broker's avgCost: per contract, so that quantity x avgCost is what was paid."""
    return one.average_price * one.listing.multiplier


def first_row(account: str, one: Holding) -> dict[str, Json]:
    """The portfolio half: contract details are still missing, the strike is a number."""
    return {
        "acctId": account, "conid": one.listing.conid, "contractDesc": one.listing.description,
        "position": one.quantity, "mktPrice": one.price, "mktValue": one.market_value,
        "currency": one.listing.currency, "avgCost": average_cost(one), "avgPrice": one.average_price,
        "realizedPnl": one.realized, "unrealizedPnl": one.unrealized, "exchs": None, "expiry": None,
        "putOrCall": None, "multiplier": None, "strike": 0.0, "exerciseStyle": None, "conExchMap": [],
        "assetClass": one.listing.asset_class, "undConid": 0, "model": "",
    }


def full_row(account: str, one: Holding, catalogue: Catalogue) -> dict[str, Json]:
    """Both halves: the multiplier is a number now and the strike is text."""
    listing = one.listing
    row = first_row(account, one) | contract_half(listing)
    if listing.underlying:
        under = catalogue[listing.underlying]
        row |= {"undConid": under.conid, "undComp": under.name, "undSym": under.symbol}
    return row


def contract_half(listing: Listing) -> dict[str, Json]:
    """What the broker knows of a contract, in rows of positions and of trsrv/secdef."""
    expiry = f"{listing.expiry:%Y%m%d}" if listing.expiry else None
    return {
        "expiry": expiry,
        "putOrCall": listing.right or None,
        "multiplier": float(listing.multiplier) if _has_multiplier(listing) else 0.0,
        "strike": format(listing.strike.normalize(), "f"),
        "time": 4,
        "chineseName": "&#x4E2D;&#x6587;",
        "allExchanges": f"SMART,{listing.exchange}" if listing.exchange != "SMART" else "SMART",
        "listingExchange": listing.exchange,
        "countryCode": listing.country,
        "name": listing.name,
        "lastTradingDay": expiry,
        "group": listing.group or None,
        "sector": listing.sector or None,
        "sectorGroup": listing.group or None,
        "ticker": listing.symbol,
        "type": listing.kind,
        "hasOptions": listing.asset_class == "STK",
        "fullName": listing.description,
        "isUS": listing.country == "US",
        "incrementRules": [{"lowerEdge": 0.0, "increment": float(listing.tick)}],
        "displayRule": {"magnification": 0, "displayRuleStep": [
            {"decimalDigits": max(0, -int(listing.tick.as_tuple().exponent)), "lowerEdge": 0.0, "wholeDigits": 4}
        ]},
        "isEventContract": False,
        "pageSize": PAGE,
        "crossCurrency": False,
    }


def flat_row(one: Holding, stamp: int) -> dict[str, Json]:
    """The newer row: text conid, other names for price and value."""
    return {
        "position": one.quantity, "conid": str(one.listing.conid), "avgCost": average_cost(one),
        "avgPrice": one.average_price, "currency": one.listing.currency,
        "description": one.listing.description, "isLastToLoq": False, "marketPrice": one.price,
        "marketValue": one.market_value, "realizedPnl": one.realized, "secType": one.listing.asset_class,
        "timestamp": stamp, "unrealizedPnl": one.unrealized, "assetClass": one.listing.asset_class,
        "sector": one.listing.sector or None, "group": one.listing.group or None, "model": "",
    }


def _has_multiplier(listing: Listing) -> bool:
    return listing.asset_class in ("OPT", "FOP", "FUT", "BOND")
