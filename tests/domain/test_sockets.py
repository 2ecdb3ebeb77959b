"""The four ports, which host is this computer, and when the weekly second factor is due."""

from datetime import UTC, datetime

from ibdesk.domain.sockets import USUAL_PORTS, is_this_computer, named, next_second_factor, usual


def test_the_four_ports_are_the_documents_own() -> None:
    assert [(each.port, each.words) for each in USUAL_PORTS] == [
        (7496, "TWS, live"), (7497, "TWS, paper"), (4001, "IB Gateway, live"), (4002, "IB Gateway, paper"),
    ]
    assert usual(5000) is None
    assert named("127.0.0.1", 4002) == "127.0.0.1:4002 (IB Gateway, paper)"
    assert named("nas", 9000) == "nas:9000"


def test_only_loopback_is_this_computer() -> None:
    assert all(is_this_computer(host) for host in ("127.0.0.1", "127.8.0.1", "::1", "localhost", "Localhost"))
    assert not any(is_this_computer(host) for host in ("192.168.1.100", "trader.local", "", "0.0.0.0"))  # noqa: S104


def test_the_second_factor_is_due_on_sunday_at_one_in_new_york() -> None:
    friday = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)
    sunday = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
    assert next_second_factor(friday) == sunday
    assert next_second_factor(datetime(2026, 11, 22, 5, 59, tzinfo=UTC)) == sunday
    assert next_second_factor(sunday) == datetime(2026, 11, 29, 6, 0, tzinfo=UTC)
    assert next_second_factor(datetime(2026, 7, 1, tzinfo=UTC)) == datetime(2026, 7, 5, 5, 0, tzinfo=UTC)
