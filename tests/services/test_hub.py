"""The hub: who hears what."""

from datetime import UTC, datetime

import pytest

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.events import AccountChanged, CallsLogged
from ibdesk.services.hub import Hub

NEWS = AccountChanged(account=AccountId("DU7654321"), as_of=datetime(2026, 11, 20, tzinfo=UTC))


def test_listeners_hear_their_kind_in_the_order_they_subscribed() -> None:
    hub, heard = Hub(), list[str]()
    hub.subscribe(AccountChanged, lambda event: heard.append("first"))
    hub.subscribe(AccountChanged, lambda event: heard.append("second"))
    hub.subscribe(CallsLogged, lambda event: heard.append("another kind"))

    hub.publish(NEWS)

    assert heard == ["first", "second"]


def test_who_unsubscribed_hears_nothing_and_may_do_so_twice() -> None:
    hub, heard = Hub(), list[AccountChanged]()
    unsubscribe = hub.subscribe(AccountChanged, heard.append)

    unsubscribe()
    unsubscribe()
    hub.publish(NEWS)

    assert heard == []


def test_a_failing_listener_keeps_the_news_from_nobody_and_is_reported() -> None:
    hub, heard = Hub(), list[AccountChanged]()

    def fail(event: AccountChanged) -> None:
        raise ZeroDivisionError

    hub.subscribe(AccountChanged, fail)
    hub.subscribe(AccountChanged, heard.append)

    with pytest.raises(ZeroDivisionError):
        hub.publish(NEWS)
    assert heard == [NEWS]


def test_a_listener_may_unsubscribe_while_it_is_called() -> None:
    hub, heard = Hub(), list[str]()

    def once(event: AccountChanged) -> None:
        heard.append("once")
        end()

    end = hub.subscribe(AccountChanged, once)
    hub.subscribe(AccountChanged, lambda event: heard.append("always"))

    hub.publish(NEWS)
    hub.publish(NEWS)

    assert heard == ["once", "always", "always"]
