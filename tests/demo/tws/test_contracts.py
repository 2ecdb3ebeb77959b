"""Contracts are spelt as the broker spells them, and found by whatever part of them a client knows."""

import asyncio
from datetime import date
from decimal import Decimal

import pytest

from ibdesk.demo.catalogue import Catalogue
from ibdesk.demo.chains import Chains
from ibdesk.demo.market import Market
from ibdesk.demo.tws.contracts import (
    Spelling,
    class_of,
    home_of,
    local_symbol,
    matching,
    multiplier_of,
    read_contract,
    symbol_of,
    venues,
)
from ibdesk.demo.tws.wire import Reader
from tests.demo.door import LUNCH
from tests.demo.tws.door import open_tws, signed_on

CATALOGUE = Catalogue(date(2026, 11, 18))
CHAINS = Chains(Market(CATALOGUE))
CALL = CATALOGUE.option(265598, date(2026, 12, 18), "C", Decimal(230))


def found(**fields: object) -> list[int]:
    names = ("conid", "symbol", "sec_type", "expiry", "strike", "right", "multiplier", "exchange", "primary",
             "currency", "local_symbol", "trading_class")
    asked = read_contract(Reader([str(fields.get(name, "")) for name in names]))
    return [one.conid for one in matching(asked, CHAINS, CATALOGUE, LUNCH)]


@pytest.mark.parametrize(("conid", "spelt"), [
    (265598, ("AAPL", "AAPL", "NMS", "", ("SMART", "NASDAQ"))),
    (12087792, ("EUR", "EUR.USD", "EUR", "", ("IDEALPRO",))),
    (CATALOGUE.front_future.conid, ("ES", "ESZ6", "ES", "50", ("CME",))),
    (CALL.conid, ("AAPL", "AAPL  261218C00230000", "AAPL", "100", ("SMART", "AMEX", "CBOE"))),
    (728912344, ("US-T", "US-T", "US-T", "10", ("SMART",))),
])
def test_each_class_has_its_spelling(conid: int, spelt: tuple[object, ...]) -> None:
    one = CATALOGUE[conid]

    assert (symbol_of(one), local_symbol(one), class_of(one), multiplier_of(one), venues(one)) == spelt


def test_a_spelling_is_eleven_fields_made_once() -> None:
    spelling = Spelling()

    assert spelling(CALL, "").split("\0") == [
        str(CALL.conid), "AAPL", "OPT", "20261218", "230", "C", "100", "", "USD", "AAPL  261218C00230000", "AAPL"]
    assert spelling(CALL, "") is spelling(CALL, "")
    assert home_of(CALL) == ""
    assert home_of(CATALOGUE[265598]) == "NASDAQ"


def test_a_contract_is_found_by_what_is_known_of_it() -> None:
    assert found(conid=265598) == [265598]
    assert found(conid=265598, symbol="MSFT") == []
    assert found(symbol="AAPL", sec_type="STK", exchange="SMART", currency="USD") == [265598]
    assert found(symbol="AAPL", sec_type="STK", currency="EUR") == []
    assert found(symbol="AAPL", sec_type="STK", exchange="SMART", primary="NYSE") == []
    assert found(symbol="EUR", sec_type="CASH", currency="USD") == [12087792]
    assert found(local_symbol="ESZ6", sec_type="FUT") == [CATALOGUE.front_future.conid]
    assert CALL.conid in found(symbol="AAPL", sec_type="OPT", expiry="202612", right="CALL")
    assert found(symbol="AAPL", sec_type="OPT", expiry="20261218", strike="230.0", right="C") == [CALL.conid]
    assert found(symbol="AAPL", sec_type="OPT", expiry="209912") == []
    assert found(symbol="AAPL", sec_type="OPT", expiry="soon") == []


def test_an_adjusted_root_is_found_by_its_class() -> None:
    wanted = {"symbol": "AAPL", "sec_type": "OPT", "strike": "230", "right": "C"}
    odd = list(found(**wanted, trading_class="AAPL1"))

    assert len(odd) == 1
    assert CATALOGUE[odd[0]].trading_class == "AAPL1"


def ask(*request: object, last: str, version: int = 157) -> list[list[str]]:
    async def main() -> list[list[str]]:
        async with open_tws() as (_, service), signed_on(service, versions=f"v157..{version}") as client:
            client.send(*request)
            return await client.until(last)

    return asyncio.run(main())


def details(conid: int, version: int = 178) -> list[str]:
    return ask(9, 8, 5, conid, *[""] * 11, 0, "", "", *([""] if version >= 176 else []), last="52", version=version)[0]


@pytest.mark.parametrize("version", [157, 162, 163, 164, 178])
def test_details_say_when_it_trades_and_in_which_steps(version: int) -> None:
    row = details(265598, version)
    shift = 0 if version >= 164 else 1
    late = shift * 2

    assert row[1 + shift] == "5"
    assert row[12 + shift:14 + shift] == ["265598", "0.01"]
    assert row[25 + late] == "America/New_York"
    assert row[26 + late].startswith("20261118:0400-20261118:2000;")
    assert row[27 + late].split(";")[3] == "20261121:CLOSED"
    tail = {163: ["100"], 164: ["1", "1", "100"], 178: ["1", "1", "100"]}.get(version, [])
    assert row[-len(tail) - 3:] == ["26,26", "", "COMMON", *tail]


def test_an_option_names_its_underlying_and_its_own_steps() -> None:
    row = details(CALL.conid)

    assert row[18] == "265598"
    assert row[32:34] == ["AAPL", "STK"]
    assert row[34] == "32,32,32"


def test_price_steps_are_told_under_their_number() -> None:
    assert ask(91, 32, last="93")[-1] == ["93", "32", "2", "0", "0.01", "3", "0.05"]
    assert ask(91, 1, last="4")[-1][3] == "321"


def test_a_chain_has_every_exchange_expiry_and_strike_and_an_odd_class() -> None:
    rows = ask(78, 6, "AAPL", "", "STK", 265598, last="76")

    assert [(one[2], one[4]) for one in rows[:-1]] == [("AMEX", "AAPL"), ("CBOE", "AAPL"), ("SMART", "AAPL"),
                                                       ("SMART", "AAPL1")]
    count = int(rows[0][6])
    assert int(rows[0][7 + count]) == len(rows[0]) - 8 - count
    assert "20261218" in rows[0][7:7 + count]


def test_options_on_a_future_end_before_it() -> None:
    future = CATALOGUE.front_future
    rows = ask(78, 6, "ES", "CME", "FUT", future.conid, last="76")

    assert [one[2:4] for one in rows[:-1]] == [["CME", str(future.conid)]]
    count = int(rows[0][6])
    assert max(rows[0][7:7 + count]) <= "20261218"


def test_what_has_no_options_has_an_empty_chain_and_the_unknown_is_200() -> None:
    assert [one[0] for one in ask(78, 6, "KO", "", "STK", 8894, last="76")] == ["76"]
    assert ask(78, 6, "NOSUCH", "", "STK", 0, last="4")[-1][3] == "200"


def test_symbols_are_found_with_what_is_derived_from_them() -> None:
    row = ask(81, 6, "AAPL", last="79", version=178)[-1]

    assert row[1:] == ["6", "1", "265598", "AAPL", "STK", "NASDAQ", "USD", "2", "OPT", "BAG", "APPLE INC", ""]


def test_a_bond_has_details_of_its_own() -> None:
    row = ask(9, 8, 5, 728912344, *[""] * 11, 0, "", "", last="52")[0]

    assert (row[0], row[3], row[4], row[6]) == ("18", "US-T", "BOND", "")
