"""What the demo accounts hold is bought when the market was open, and known to the catalogue."""

from datetime import date, timedelta

from ibdesk.demo.book import MAIN, SECOND, main_book, second_book
from ibdesk.demo.catalogue import Catalogue

ANCHOR = date(2026, 11, 18)


def test_the_two_books_have_their_own_accounts() -> None:
    catalogue = Catalogue(ANCHOR)
    assert (main_book(catalogue).account, second_book(catalogue).account) == (MAIN, SECOND)


def test_every_lot_is_bought_after_the_account_was_opened() -> None:
    catalogue = Catalogue(ANCHOR)
    for book in (main_book(catalogue), second_book(catalogue)):
        assert all(0 < lot.days < book.days for lot in book.lots)


def test_options_and_futures_expire_after_the_anchor() -> None:
    for month in range(1, 13):
        anchor = date(2027, month, 10)
        expiries = [lot.listing.expiry for lot in main_book(Catalogue(anchor)).lots if lot.listing.expiry]
        assert len(expiries) == 5
        assert min(expiries) >= anchor + timedelta(days=20)
