"""The view of one account or all: states, sums and age."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from ibdesk.domain.accounts import AccountPnl
from ibdesk.ui.models.view import State, View
from tests.ui.sample_book import EUR, MAIN, NOW, SECOND, page


def both() -> View:
    pages = (page(MAIN), page(SECOND))
    return View(is_read=True, accounts=tuple(each.account for each in pages), all_pages=pages)


def test_a_view_knows_what_it_has_to_show() -> None:
    assert View().state is State.LOADING
    assert View(is_read=True).state is State.EMPTY
    assert View(is_read=True, accounts=(page().account,)).state is State.WAITING
    assert both().state is State.FULL


def test_all_accounts_add_up_and_one_account_stands_alone() -> None:
    view = both()
    figures, alone = view.figures, replace(view, chosen=SECOND).figures
    assert figures is not None
    assert alone is not None
    assert figures.net_liquidation == Decimal("1284930.42") * 2
    assert alone.net_liquidation == Decimal("1284930.42")
    assert len(view.rows) == len(page(MAIN).rows) + len(page(SECOND).rows)
    assert view.equity[-1].value == Decimal("1284930.42") * 2


def test_different_base_currencies_have_no_sum_and_say_why() -> None:
    pages = (page(MAIN), page(SECOND, currency=EUR))
    view = View(is_read=True, accounts=tuple(each.account for each in pages), all_pages=pages)
    assert view.figures is None
    assert view.base == ""
    assert view.equity == ()
    assert view.shares("class") == ()
    assert view.why_no_sum == "No sum: base currencies differ (EUR, USD). Choose one account."


def test_a_view_is_stale_after_missed_syncs_and_at_once_when_the_source_is_lost() -> None:
    view = both()
    assert not view.is_stale(NOW + timedelta(seconds=60))
    assert view.is_stale(NOW + timedelta(seconds=120))
    assert replace(view, lost_since=NOW).is_stale(NOW)


def test_the_age_is_the_oldest_pages() -> None:
    old = replace(page(SECOND), received_at=NOW - timedelta(minutes=9))
    view = View(is_read=True, accounts=(page().account,), all_pages=(page(), old))
    assert view.age(NOW) == "9 min ago"
    assert replace(view, chosen=MAIN).age(NOW) == "4 s ago"


def test_running_figures_reach_only_their_account() -> None:
    told = AccountPnl(
        account=SECOND, daily=Decimal(7), unrealized=None, net_liquidation=Decimal(5), excess_liquidity=None, as_of=NOW
    )
    view = both().with_pnl(told)
    one, other = replace(view, chosen=SECOND).figures, replace(view, chosen=MAIN).figures
    assert one is not None
    assert other is not None
    assert one.daily == 7
    assert other.daily == Decimal("8412.10")


def test_another_accounts_day_pnl_is_not_taken_for_ones_own() -> None:
    view = replace(both(), opened_with=MAIN)
    shared = {row.position.key for row in page(SECOND).rows}
    assert view.doubtful == shared
    assert replace(view, chosen=MAIN).doubtful == frozenset()
    assert replace(view, chosen=SECOND).doubtful == shared
    assert len(replace(view, opened_with=None).doubtful) == 2 * len(shared)
    assert View(is_read=True, accounts=(page().account,), all_pages=(page(),)).doubtful == frozenset()
