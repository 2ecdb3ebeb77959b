from datetime import UTC, date, datetime
from decimal import Decimal

from defusedxml.ElementTree import fromstring

from ibdesk.demo.account import DemoAccount
from ibdesk.demo.catalogue import Catalogue
from ibdesk.demo.hours import session
from ibdesk.demo.market import Market
from ibdesk.demo.statement import render, report_day

NOW = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)
DAY = date(2026, 11, 19)
ACCOUNT = DemoAccount(Market(Catalogue(date(2026, 11, 20)), seed=7))
MAIN = "DU7654321"


def test_a_statement_agrees_with_the_account_at_the_day_s_close() -> None:
    root = fromstring(render(ACCOUNT, MAIN, date(2026, 11, 2), DAY, NOW))
    figures = ACCOUNT.figures(MAIN, session("XNYS", DAY)[1])
    statement = root.find("./FlexStatements/FlexStatement")
    assert (statement.get("fromDate"), statement.get("toDate")) == ("20261102", "20261119")
    assert statement.get("whenGenerated") == "20261120;124800"
    equity = statement.find("./EquitySummaryInBase/").attrib
    assert Decimal(equity["total"]).quantize(Decimal("0.01")) == figures.net_liquidation
    parts = [equity[name] for name in ("cash", "stock", "options", "bonds", "funds", "crypto", "cfdUnrealizedPl")]
    assert sum(map(Decimal, parts)) == Decimal(equity["total"])
    held = {each.listing.conid: each for each in figures.holdings if each.quantity}
    rows = [row.attrib for row in statement.findall("./OpenPositions/OpenPosition")]
    assert [int(row["conid"]) for row in rows] == list(held)
    for row in rows:
        one = held[int(row["conid"])]
        assert (Decimal(row["position"]), Decimal(row["positionValue"])) == (one.quantity, one.market_value)
        assert (row["assetCategory"], row["levelOfDetail"]) == (one.listing.asset_class, "SUMMARY")
        assert row["side"] == ("Long" if one.quantity > 0 else "Short")
    assert statement.find("AccountInformation").get("currency") == "USD"


def test_a_day_is_reported_once_it_has_ended() -> None:
    assert report_day(ACCOUNT, MAIN, date(2026, 11, 20), NOW) == DAY, "today is not over"
    assert report_day(ACCOUNT, MAIN, date(2026, 11, 15), NOW) == date(2026, 11, 13), "a Sunday has no close"
    assert report_day(ACCOUNT, MAIN, date(2026, 10, 30), NOW) is None, "before the last purchase"


def test_without_a_first_day_it_is_the_last_business_day_s() -> None:
    statement = fromstring(render(ACCOUNT, MAIN, None, DAY, NOW)).find("./FlexStatements/FlexStatement")
    assert (statement.get("fromDate"), statement.get("period")) == ("20261119", "LastBusinessDay")
