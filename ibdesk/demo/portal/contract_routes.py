"""Contract search, option chains and contract details, with the order of calls the broker insists on."""

import re
from datetime import date, timedelta
from decimal import Decimal

from ibdesk.demo.account import RATE_CONIDS
from ibdesk.demo.catalogue import ES, Listing
from ibdesk.demo.chains import ADJUSTED_TERMS, MONTH, month_code
from ibdesk.demo.hours import VENUES, is_trading_day, session
from ibdesk.demo.portal.calls import Answer, Call, Json, answer, complain, is_true, whole
from ibdesk.demo.portal.position_routes import contract_half
from ibdesk.demo.portal.state import PortalState
from ibdesk.demo.questions import SIZE_STEPS
from ibdesk.demo.quotes import step_at, steps

MOST_CONIDS = 200
ORDER_TYPES = ("limit", "market", "stop", "stop_limit", "trailing_stop")
SHARE_ORDER_TYPES = ("midprice", "marketonclose", "limitonclose")


class ContractRoutes:
    """What can be found, and what is known of it."""

    def __init__(self, state: PortalState) -> None:
        self._state = state
        self._catalogue = state.market.catalogue
        self._chains = state.chains

    def search(self, call: Call) -> Answer:
        """By symbol or, with `name`, by company; a plain search also opens the option chain for `strikes`."""
        fields = {**call.query, **call.body}
        symbol, by_name = str(fields.get("symbol", "")), is_true(fields.get("name", ""))
        hits = self._catalogue.matching(symbol, by_name=by_name)
        wanted = str(fields.get("secType", "STK") or "STK")
        hits = tuple(one for one in hits if _searched_as(one, wanted) == wanted or not fields.get("secType"))
        if not by_name:
            self._state.warm.searched.update(one.symbol for one in hits)
        if not hits:
            return answer({"error": "No symbol found"})
        return answer([self._search_row(one) for one in hits])

    def strikes(self, call: Call) -> Answer:
        """Empty until the symbol has been searched for in this session."""
        conid = whole(call.query.get("conid", ""))
        listing = self._catalogue.find(conid)
        month, now = call.query.get("month", ""), self._state.now
        if listing is None or listing.symbol not in self._state.warm.searched or not self._chains.has(conid):
            return answer({"call": [], "put": []})
        if month not in self._chains.months(conid, now):
            return answer({"call": [], "put": []})
        row = [float(strike) for strike in self._chains.strikes(conid, now)]
        return answer({"call": row, "put": row})

    def info(self, call: Call) -> Answer:
        """Contracts of one kind; one month may hold several expiries, and no right means both."""
        query = call.query
        conid, kind = whole(query.get("conid", "")), query.get("sectype", query.get("secType", "OPT"))
        if conid not in self._catalogue:
            return complain(500, "No Contracts retrieved ")
        month, strike, right = query.get("month", ""), query.get("strike", ""), query.get("right", "").upper()
        match kind:
            case "FUT":
                found = [one for one in self._catalogue.futures() if _is_in(one, month)]
            case "OPT" | "WAR" | "FOP":
                found = self._options(conid, kind, month, strike, right)
            case _:
                found = [self._catalogue[conid]]
        return answer([_info_row(one) for one in found]) if found else complain(500, "No Contracts retrieved ")

    def _options(self, conid: int, kind: str, month: str, strike: str, right: str) -> list[Listing]:
        """Nothing where the kind, month, strike or right is not one the broker takes; only FOP goes without strike."""
        price = _decimal(strike)
        if (kind == "FOP") != (conid == ES) or right not in ("", "C", "P"):
            return []
        if price is None and (strike or kind != "FOP"):
            return []
        return list(self._chains.contracts(conid, month, self._state.now, strike=price, right=right))

    def definitions(self, call: Call) -> Answer:
        """trsrv/secdef: many conids at once."""
        conids = [whole(one) for one in str(call.query.get("conids", "")).split(",") if one.strip()]
        if not conids or len(conids) > MOST_CONIDS:
            return complain(400, "Bad Request: conids are not valid")
        rows = [definition_row(self._catalogue[one]) for one in conids if one in self._catalogue]
        return answer({"secdef": rows})

    def stocks(self, call: Call) -> Answer:
        return answer({symbol: [_stock_row(one) for one in self._listed(symbol)] for symbol in _symbols(call)})

    def futures(self, call: Call) -> Answer:
        rows: dict[str, list[Json]] = {symbol: [] for symbol in _symbols(call)}
        for one in self._catalogue.futures():
            if one.symbol in rows and one.expiry is not None:
                day = int(f"{one.expiry:%Y%m%d}")
                rows[one.symbol].append({
                    "symbol": one.symbol, "conid": one.conid, "underlyingConid": one.underlying,
                    "expirationDate": day, "ltd": day, "shortFuturesCutOff": day, "longFuturesCutOff": day,
                })
        return answer(rows)

    def all_conids(self, call: Call) -> Answer:
        exchange = call.query.get("exchange", "")
        return answer([
            {"ticker": one.symbol, "conid": one.conid, "exchange": one.exchange}
            for one in self._catalogue if one.asset_class == "STK" and one.exchange == exchange
        ])

    def details(self, call: Call) -> Answer:
        conid = whole(call.path_values[0])
        if conid not in self._catalogue:
            return complain(500, "Internal Error: contract not found")
        return answer(details_row(self._catalogue[conid]))

    def details_and_rules(self, call: Call) -> Answer:
        conid = whole(call.path_values[0])
        if conid not in self._catalogue:
            return complain(500, "Internal Error: contract not found")
        listing = self._catalogue[conid]
        return answer(details_row(listing) | {"rules": self._rules(listing)})

    def rules(self, call: Call) -> Answer:
        conid = whole(call.body.get("conid", ""))
        if conid not in self._catalogue:
            return complain(500, "Internal Error: contract not found")
        return answer(self._rules(self._catalogue[conid]))

    def algos(self, call: Call) -> Answer:
        """The first call is a pre-flight without content."""
        conid = whole(call.path_values[0])
        if conid not in self._catalogue:
            return Answer(status=503)
        if conid not in self._state.warm.algos:
            self._state.warm.algos.add(conid)
            return answer({"algos": []})
        return answer({"algos": [{"name": "Adaptive", "id": "Adaptive"}, {"name": "VWAP", "id": "Vwap"}]})

    def trading_schedule(self, call: Call) -> Answer:
        """Six days around today, holidays missing, in epoch seconds."""
        conid = whole(call.query.get("conid", ""))
        if conid not in self._catalogue:
            return complain(500, "Internal Error: contract not found")
        listing = self._catalogue[conid]
        venue, is_share = listing.venue, listing.asset_class == "STK"
        today = self._state.now.astimezone(VENUES[venue].zone).date()
        days = (today + timedelta(days=number) for number in range(-1, 5))
        open_days = [day for day in days if is_trading_day(venue, day)]
        hours = {f"{day:%Y%m%d}": _schedule(venue, day, is_share=is_share) for day in open_days}
        return answer({"exchange_time_zone": str(VENUES[venue].zone), "schedules": hours})

    def venue_schedule(self, call: Call) -> Answer:
        """The older form: weekdays as fixed dates, times in venue time."""
        symbol = call.query.get("symbol", "")
        hits = self._catalogue.matching(symbol)
        return answer([_old_schedule(one) for one in hits])

    def currency_pairs(self, call: Call) -> Answer:
        currency = call.query.get("currency", "USD")
        rows = [
            {"symbol": f"{other}.USD", "conid": conid, "ccyPair": other} for other, conid in RATE_CONIDS.items()
        ]
        return answer({currency: rows if currency == "USD" else [row for row in rows if row["ccyPair"] == currency]})

    def exchange_rate(self, call: Call) -> Answer:
        source, target = call.query.get("source", ""), call.query.get("target", "")
        known = {"USD", *RATE_CONIDS}
        if source not in known or target not in known:
            return complain(500, "Internal Error: currency not found")
        rate = self._state.account.rate(source, self._state.now) / self._state.account.rate(target, self._state.now)
        return answer({"rate": float(round(rate, 8))})

    def bond_filters(self, _call: Call) -> Answer:
        return answer({"bondFilters": [
            {"displayText": "Maturity Date", "columnId": 27, "options": [{"text": "Nov 2034", "value": "203411"}]}
        ]})

    def _listed(self, symbol: str) -> tuple[Listing, ...]:
        return tuple(one for one in self._catalogue.matching(symbol) if one.asset_class == "STK")

    def _search_row(self, listing: Listing) -> dict[str, Json]:
        sections: list[dict[str, Json]] = [{"secType": listing.asset_class}]
        if listing.conid == ES:
            futures = ";".join(month_code(one.expiry) for one in self._catalogue.futures() if one.expiry)
            sections.append({"secType": "FUT", "months": futures, "exchange": "CME"})
        if self._chains.has(listing.conid):
            months = ";".join(self._chains.months(listing.conid, self._state.now))
            kind, venues = ("FOP", "CME") if listing.conid == ES else ("OPT", "SMART;AMEX;CBOE")
            sections.append({"secType": kind, "months": months, "exchange": venues})
        cfds = (one for one in self._catalogue if one.asset_class == "CFD" and one.underlying == listing.conid)
        cfd = next(cfds, None)
        if cfd is not None:
            sections.append({"secType": "CFD", "exchange": "SMART", "conid": str(cfd.conid)})
        if self._chains.has(listing.conid):
            sections.append({"secType": "BAG"})
        return {
            "conid": str(listing.conid), "companyHeader": f"{listing.name} - {listing.exchange}",
            "companyName": listing.name, "symbol": listing.symbol, "description": listing.exchange,
            "restricted": None, "sections": sections,
        }

    def _rules(self, listing: Listing) -> dict[str, Json]:
        price = self._state.market.price(listing.conid, self._state.now)
        is_share = listing.asset_class == "STK"
        edges = [{"lowerEdge": float(edge), "increment": float(step)} for edge, step in steps(listing)]
        tick = step_at(listing, price)
        return {
            "algoEligible": True, "overnightEligible": is_share, "costReport": False,
            "canTradeAcctIds": list(self._state.account.ids), "error": None,
            "orderTypes": [*ORDER_TYPES, *(SHARE_ORDER_TYPES if is_share else ())],
            "ibAlgoTypes": ["limit", "stop_limit"], "fraqTypes": [], "forceOrderPreview": False,
            "cqtTypes": ["limit", "market"] if is_share else [], "orderDefaults": {"LMT": {"LP": f"{price}"}},
            "orderTypesOutside": ["limit", "stop_limit"] if is_share else [], "defaultSize": 100 if is_share else 1,
            "cashSize": 0.0, "sizeIncrement": SIZE_STEPS.get(listing.asset_class, 1),
            "tifTypes": ["GTC/o,a", "OPG/a", "DAY/o,a", "IOC/a"] if is_share else ["GTC/a", "DAY/a", "IOC/a"],
            "tifDefaults": {"TIF": "DAY"},
            "limitPrice": price, "stopprice": price, "orderOrigination": None, "preview": True,
            "displaySize": None, "fraqInt": 0, "cashCcy": listing.currency, "cashQtyIncr": 500,
            "priceMagnifier": None, "negativeCapable": False, "incrementType": 1,
            "incrementRules": edges, "hasSecondary": False,
            "modTypes": ["limit"], "increment": float(tick), "incrementDigits": max(0, -int(tick.as_tuple().exponent)),
        }


def definition_row(listing: Listing) -> dict[str, Json]:
    """One row of trsrv/secdef."""
    row = contract_half(listing)
    return {"conid": listing.conid, "currency": listing.currency} | row | {
        "assetClass": listing.asset_class, "undConid": listing.underlying,
        "multiplier": row["multiplier"] or 0.0,
    }


def details_row(listing: Listing) -> dict[str, Json]:
    """contract info: snake case."""
    expiry = f"{listing.expiry:%Y%m%d}" if listing.expiry else None
    return {
        "cfi_code": "", "symbol": listing.symbol, "cusip": None, "expiry_full": expiry,
        "con_id": listing.conid, "maturity_date": expiry, "industry": listing.sector,
        "instrument_type": listing.asset_class, "has_related_contracts": listing.asset_class in ("STK", "IND"),
        "trading_class": listing.trading_class or listing.symbol, "valid_exchanges": f"SMART,{listing.exchange}",
        "allow_sell_long": False, "is_zero_commission_security": False,
        "local_symbol": listing.occ if listing.is_option else listing.symbol,
        "contract_clarification_type": None, "classifier": None, "currency": listing.currency,
        "text": ADJUSTED_TERMS if listing.trading_class else None,
        "underlying_con_id": listing.underlying, "r_t_h": True,
        "multiplier": str(listing.multiplier) if listing.multiplier != 1 else None,
        "underlying_issuer": None, "contract_month": f"{listing.expiry:%Y%m}" if listing.expiry else None,
        "company_name": listing.name, "smart_available": True, "exchange": listing.exchange,
        "category": listing.group,
    }


def _info_row(listing: Listing) -> dict[str, Json]:
    right = {"C": "Call", "P": "Put"}.get(listing.right, "")
    expiry = f"{listing.expiry:%b %d '%y}".upper() if listing.expiry else ""
    strike = format(listing.strike.normalize(), "f")
    return {
        "conid": listing.conid, "symbol": listing.symbol, "secType": listing.asset_class,
        "exchange": listing.exchange, "listingExchange": None, "right": listing.right or "?",
        "strike": float(listing.strike), "currency": listing.currency, "cusip": None, "coupon": "No Coupon",
        "desc1": listing.symbol, "desc2": f"{expiry} {strike} {right}".strip() if right else expiry,
        "maturityDate": f"{listing.expiry:%Y%m%d}" if listing.expiry else None,
        "multiplier": str(listing.multiplier), "tradingClass": listing.trading_class or listing.symbol,
        "validExchanges": "SMART,AMEX,CBOE" if listing.asset_class == "OPT" else listing.exchange, "showPrips": True,
    }


def _stock_row(listing: Listing) -> dict[str, Json]:
    return {
        "name": listing.name, "chineseName": "&#x4E2D;&#x6587;", "assetClass": "STK",
        "contracts": [{"conid": listing.conid, "exchange": listing.exchange, "isUS": listing.country == "US"}],
    }


def _searched_as(listing: Listing, wanted: str) -> str:
    if listing.conid == ES and wanted in ("FUT", "IND"):
        return wanted  # futures are found under their index
    return listing.asset_class if listing.asset_class in ("IND", "BOND") else "STK"


def _symbols(call: Call) -> list[str]:
    return [symbol.strip() for symbol in str(call.query.get("symbols", "")).split(",") if symbol.strip()]


def _is_in(listing: Listing, month: str) -> bool:
    return listing.expiry is not None and (not MONTH.fullmatch(month) or month_code(listing.expiry) == month)


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def _schedule(venue: str, day: date, *, is_share: bool) -> dict[str, Json]:
    opens, closes = (int(instant.timestamp()) for instant in session(venue, day))
    # shares also trade from 04:00 to 20:00 in New York
    before, behind = (5 * 3600 + 1800, 4 * 3600) if is_share and venue == "XNYS" else (0, 0)
    longer = {"opening": opens - before, "closing": closes + behind}
    return {
        "liquid_hours": [{"opening": opens, "closing": closes}],
        "extended_hours": [{"cancel_daily_orders": True, **longer}],
    }


def _old_schedule(listing: Listing) -> dict[str, Json]:
    rules = VENUES[listing.venue]
    times = {"openingTime": _clock(rules.opens), "closingTime": _clock(rules.closes), "cancelDayOrders": "Y"}
    # the broker's year 2000 dates mean weekdays: the first was a Saturday
    days = [f"2000010{number}" for number in range(1, 8) if rules.weekends or number > 2]
    return {
        "id": f"p{listing.conid}", "tradeVenueId": listing.exchange, "exchange": listing.exchange,
        "description": listing.exchange, "timezone": str(rules.zone),
        "schedules": [
            {"clearingCycleEndTime": "0000", "tradingScheduleDate": day, "sessions": [times], "tradingtimes": [times]}
            for day in days
        ],
    }


def _clock(minutes: int) -> str:
    return f"{minutes % 1440 // 60:02d}{minutes % 60:02d}"
