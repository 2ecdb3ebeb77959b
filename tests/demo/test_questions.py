"""What is asked and what is refused follows from the ticket, the market and the account."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ibdesk.demo.account import DemoAccount
from ibdesk.demo.catalogue import Catalogue
from ibdesk.demo.market import Market
from ibdesk.demo.questions import QUESTIONS, Scene, questions, refusal, words_of
from ibdesk.demo.tickets import read_ticket
from tests.demo.door import LUNCH, MAIN, SECOND

KO = 8894


@pytest.fixture(scope="module")
def account() -> DemoAccount:
    return DemoAccount(Market(Catalogue(date(2026, 11, 18))))


def scene(account: DemoAccount, name: str = MAIN, **fields: object) -> Scene:
    price = account.market.price(KO, LUNCH)
    body = {"conid": KO, "orderType": "LMT", "side": "BUY", "quantity": 10, "price": price, **fields}
    return Scene(ticket=read_ticket(body, name, account.market.catalogue), account=account, now=LUNCH)


def test_a_modest_order_at_the_market_is_taken_without_a_word(account: DemoAccount) -> None:
    assert (questions(scene(account)), refusal(scene(account))) == ((), "")


def test_every_question_has_words(account: DemoAccount) -> None:
    for name in QUESTIONS:
        assert "?" in words_of(name, scene(account))
    assert "any available price" in words_of("o10151", scene(account))
    assert "o9999" in words_of("o9999", scene(account))


def test_money_that_is_not_there_is_refused_and_a_sale_is_not(account: DemoAccount) -> None:
    assert "INITIAL MARGIN" in refusal(scene(account, SECOND, quantity=5000))
    assert refusal(scene(account, SECOND, side="SELL", quantity=60)) == ""


def test_an_expired_option_cannot_be_traded(account: DemoAccount) -> None:
    option = account.market.catalogue.option(756733, date(2026, 11, 18), "C", Decimal(600))
    today = scene(account, conid=option.conid, price="0.05", quantity=1)
    assert "expired" not in refusal(today)
    assert "expired" in refusal(replace(today, now=LUNCH + timedelta(hours=4)))


def test_an_option_trades_in_no_auction_and_in_nickels(account: DemoAccount) -> None:
    option = account.market.catalogue.option(265598, date(2026, 12, 18), "C", Decimal(230))
    assert "auction" in refusal(scene(account, conid=option.conid, orderType="MOC", price=None))
    assert "variation" in refusal(scene(account, conid=option.conid, price="8.03"))
    assert "variation" not in refusal(scene(account, conid=option.conid, price="8.05"))


def test_a_combination_previews_its_legs_at_its_net_price(account: DemoAccount) -> None:
    puts = [account.market.catalogue.option(756733, date(2026, 12, 18), "P", Decimal(one)) for one in (580, 575)]
    conidex = f"28812380;;;{puts[0].conid}/-1,{puts[1].conid}/1"
    one = scene(account, conid=None, conidex=conidex, price="-0.70")
    fills = one.fills()
    assert [fill.quantity for fill in fills] == [-10, 10]
    assert fills[1].price - fills[0].price == Decimal("-0.70")
    before, after = one.before_and_after()
    assert after.initial_margin > before.initial_margin
    assert one.commission == 13
