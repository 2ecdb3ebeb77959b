"""Contract search, option chains and contract details, with the order of calls the broker insists on."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from ibdesk.demo.account import RATE_CONIDS
from ibdesk.demo.catalogue import OPTIONABLE, Listing
from ibdesk.demo.hours import VENUES, is_trading_day, session
from ibdesk.demo.portal.calls import Answer, Call, Json, answer, complain, is_true, whole
from ibdesk.demo.portal.position_routes import contract_half
from ibdesk.demo.portal.state import PortalState

#: Strikes each side of the money.
STRIKES = 15
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
MONTH = re.compile(r"([A-Z]{3})(\d{2})")
MOST_CONIDS = 200


class ContractRoutes:
    """What can be found, and what is known of it."""

    def __init__(self, state: PortalState) -> None:
        self._state = state
        self._catalogue = state.market.catalogue

    def search(self, call: Call) -> Answer:
        """By symbol or, with `name`, by company; a plain search also opens the option chain for `strikes`."""
        fields = {**call.query, **call.body}
        symbol, by_name = str(fields.get("symbol", "")), is_true(fields.get("name", ""))
        hits = self._catalogue.matching(symbol, by_name=by_name)
        wanted = str(fields.get("secType", "STK") or "STK")
        hits = tuple(one for one in hits if _searched_as(one) == wanted or not fields.get("secType"))
        if not by_name:
            self._state.warm.searched.update(one.symbol for one in hits)
        if not hits:
            return answer({"error": "No symbol found"})
        return answer([self._search_row(one) for one in hits])

    def strikes(self, call: Call) -> Answer:
        """Empty until the symbol has been searched for in this session."""
        conid = whole(call.query.get("conid", ""))
        listing = self._catalogue.find(conid)
        if listing is None or listing.symbol not in self._state.warm.searched or conid not in OPTIONABLE:
            return answer({"call": [], "put": []})
        if not self._month(call.query.get("month", "")):
            return answer({"call": [], "put": []})
        row = [float(strike) for strike in self._strike_grid(listing)]
        return answer({"call": row, "put": row})

    def info(self, call: Call) -> Answer:
        """Contracts of one kind; one month may hold several expiries, and no right means both."""
        query = call.query
        conid, kind = whole(query.get("conid", "")), query.get("sectype", query.get("secType", "OPT"))
        if conid not in self._catalogue:
            return complain(500, "No Contracts retrieved ")
        listing = self._catalogue[conid]
        if kind == "FUT":
            return answer([_info_row(one) for one in self._catalogue.futures()])
        if kind not in ("OPT", "WAR"):
            return answer([_info_row(listing)])
        found = list(self._options(listing, query.get("month", ""), query.get("strike", ""), query.get("right", "")))
        return answer([_info_row(one) for one in found]) if found else complain(500, "No Contracts retrieved ")

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
        venue = self._catalogue[conid].venue
        today = self._state.now.astimezone(VENUES[venue].zone).date()
        days = [today + timedelta(days=number) for number in range(-1, 5)]
        hours = {f"{day:%Y%m%d}": _schedule(venue, day) for day in days if is_trading_day(venue, day)}
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
        if listing.conid in OPTIONABLE:
            months = ";".join(dict.fromkeys(_month_code(day) for day in self._expiries()))
            sections.append({"secType": "OPT", "months": months, "exchange": "SMART;AMEX;CBOE"})
        cfds = (one for one in self._catalogue if one.asset_class == "CFD" and one.underlying == listing.conid)
        cfd = next(cfds, None)
        if cfd is not None:
            sections.append({"secType": "CFD", "exchange": "SMART", "conid": str(cfd.conid)})
        return {
            "conid": str(listing.conid), "companyHeader": f"{listing.name} - {listing.exchange}",
            "companyName": listing.name, "symbol": listing.symbol, "description": listing.exchange,
            "restricted": None, "sections": sections,
        }

    def _expiries(self) -> tuple[date, ...]:
        return self._catalogue.expiries(self._state.now.date())

    def _month(self, code: str) -> list[date]:
        return [day for day in self._expiries() if _month_code(day) == code]

    def _strike_grid(self, listing: Listing) -> list[Decimal]:
        step = OPTIONABLE[listing.conid][0]
        middle = (self._state.market.price(listing.conid, self._state.now) / step).to_integral_value()
        grid = [(middle + number) * step for number in range(-STRIKES, STRIKES + 1)]
        return [strike for strike in grid if strike > 0]

    def _options(self, listing: Listing, month: str, strike: str, right: str) -> Iterable[Listing]:
        if listing.conid not in OPTIONABLE or not MONTH.fullmatch(month):
            return
        wanted = _decimal(strike)
        for expiry in self._month(month):
            for price in self._strike_grid(listing) if wanted is None else [wanted]:
                for side in right or "CP":
                    yield self._catalogue.option(listing.conid, expiry, side, price)

    def _rules(self, listing: Listing) -> dict[str, Json]:
        price = self._state.market.price(listing.conid, self._state.now)
        tick = float(listing.tick)
        return {
            "algoEligible": True, "overnightEligible": listing.asset_class == "STK", "costReport": False,
            "canTradeAcctIds": list(self._state.account.ids), "error": None,
            "orderTypes": ["limit", "midprice", "market", "stop", "stop_limit", "trailing_stop"],
            "ibAlgoTypes": ["limit", "stop_limit"], "fraqTypes": [], "forceOrderPreview": False,
            "cqtTypes": ["limit", "market"], "orderDefaults": {"LMT": {"LP": f"{price}"}},
            "orderTypesOutside": ["limit", "stop_limit"], "defaultSize": 100, "cashSize": 0.0, "sizeIncrement": 1,
            "tifTypes": ["GTC/o,a", "OPG/a", "DAY/o,a", "IOC/a"], "tifDefaults": {"TIF": "DAY"},
            "limitPrice": price, "stopprice": price, "orderOrigination": None, "preview": True,
            "displaySize": None, "fraqInt": 0, "cashCcy": listing.currency, "cashQtyIncr": 500,
            "priceMagnifier": None, "negativeCapable": False, "incrementType": 1,
            "incrementRules": [{"lowerEdge": 0.0, "increment": tick}], "hasSecondary": False,
            "modTypes": ["limit"], "increment": tick, "incrementDigits": 2,
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
        "instrument_type": listing.asset_class, "has_related_contracts": listing.conid in OPTIONABLE,
        "trading_class": listing.symbol, "valid_exchanges": f"SMART,{listing.exchange}",
        "allow_sell_long": False, "is_zero_commission_security": False,
        "local_symbol": listing.occ if listing.is_option else listing.symbol,
        "contract_clarification_type": None, "classifier": None, "currency": listing.currency, "text": None,
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
        "multiplier": str(listing.multiplier), "tradingClass": listing.symbol,
        "validExchanges": "SMART,AMEX,CBOE", "showPrips": True,
    }


def _stock_row(listing: Listing) -> dict[str, Json]:
    return {
        "name": listing.name, "chineseName": "&#x4E2D;&#x6587;", "assetClass": "STK",
        "contracts": [{"conid": listing.conid, "exchange": listing.exchange, "isUS": listing.country == "US"}],
    }


def _searched_as(listing: Listing) -> str:
    return listing.asset_class if listing.asset_class in ("IND", "BOND") else "STK"


def _symbols(call: Call) -> list[str]:
    return [symbol.strip() for symbol in str(call.query.get("symbols", "")).split(",") if symbol.strip()]


def _month_code(day: date) -> str:
    return f"{MONTHS[day.month - 1]}{day:%y}"


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"\d+(\.\d+)?", text) else None


def _schedule(venue: str, day: date) -> dict[str, Json]:
    opens, closes = (int(instant.timestamp()) for instant in session(venue, day))
    liquid = {"opening": opens, "closing": closes}
    return {"liquid_hours": [liquid], "extended_hours": [{"cancel_daily_orders": True, **liquid}]}


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
