"""Instruments keep their conids, and derivatives are listed around the anchor day."""

from datetime import date
from decimal import Decimal

from ibdesk.demo.catalogue import Catalogue, monthly_expiry, third_friday

ANCHOR = date(2026, 11, 18)


def test_the_same_option_has_the_same_conid_in_every_run() -> None:
    terms = (265598, date(2026, 12, 18), "C", Decimal(230))
    first, again = Catalogue(ANCHOR).option(*terms), Catalogue(ANCHOR).option(*terms)
    assert first.conid == again.conid
    assert first.conid != Catalogue(ANCHOR).option(265598, date(2026, 12, 18), "P", Decimal(230)).conid


def test_no_two_listings_share_a_conid() -> None:
    catalogue = Catalogue(ANCHOR, extra=1000)
    chain = [
        catalogue.option(conid, expiry, right, Decimal(strike))
        for conid in (756733, 265598, 4815747)
        for expiry in catalogue.expiries(ANCHOR)
        for right in "CP"
        for strike in range(100, 400, 5)
    ]
    assert len({one.conid for one in chain}) == len(chain)


def test_monthly_options_expire_on_a_third_friday_at_least_three_weeks_away() -> None:
    assert third_friday(date(2026, 12, 1)) == date(2026, 12, 18)
    assert monthly_expiry(ANCHOR) == date(2026, 12, 18)
    assert monthly_expiry(date(2026, 12, 2)) == date(2027, 1, 15)
    assert monthly_expiry(ANCHOR, 2) == date(2027, 2, 19)


def test_the_front_future_expires_in_a_quarter_month() -> None:
    front, back = Catalogue(ANCHOR).futures()
    assert (front.expiry, back.expiry) == (date(2026, 12, 18), date(2027, 3, 19))


def test_positions_are_described_as_the_broker_does() -> None:
    catalogue = Catalogue(ANCHOR)
    option = catalogue.option(756733, date(2026, 12, 18), "P", Decimal(600))
    assert option.description == "SPY    DEC2026 600 P [SPY   261218P00600000 100]"
    assert catalogue.front_future.description == "ES DEC2026"
    assert catalogue[479624278].description == "BTC CRYPTO"


def test_a_search_by_name_finds_companies() -> None:
    catalogue = Catalogue(ANCHOR)
    assert [one.symbol for one in catalogue.matching("shell", by_name=True)] == ["SHEL"]
    assert catalogue.matching("NOSUCH") == ()
