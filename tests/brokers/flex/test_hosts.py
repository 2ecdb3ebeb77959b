import pytest

from ibdesk.brokers.flex.hosts import BASE, base_of, statement_url
from ibdesk.brokers.statements import StatementPlace
from ibdesk.domain.errors import BadData, Cause, Refused

PIN = "ab" * 32
HERE = "https://127.0.0.1:5001/AccountManagement/FlexWebService"


def test_the_broker_s_service_is_the_documented_one() -> None:
    assert BASE == "https://ndcdyn.interactivebrokers.com/AccountManagement/FlexWebService"
    assert base_of(StatementPlace()) == BASE
    assert base_of(StatementPlace(url="https://gdcdyn.interactivebrokers.com")) == BASE.replace("ndc", "gdc")


@pytest.mark.parametrize("url", ["https://127.0.0.1:5001", "https://127.0.0.1:5001/", HERE])
def test_a_server_here_needs_its_certificate(url: str) -> None:
    assert base_of(StatementPlace(url=url, certificate_sha256=PIN)) == HERE
    with pytest.raises(Refused):
        base_of(StatementPlace(url=url))


@pytest.mark.parametrize("url", [
    "http://ndcdyn.interactivebrokers.com", "https://example.com", "https://interactivebrokers.com.example.com",
    "https://evilinteractivebrokers.com", "https://127.0.0.1.example.com:5001", "http://127.0.0.1:5001", "ftp://x",
    "https://192.168.1.4:5001", "https://user@127.0.0.1:5001", "nonsense", "https://127.0.0.1", "https://127.1.2.999:1",
])  # fmt: skip
def test_no_other_place_is_ever_sent_a_token(url: str) -> None:
    for pin in ("", PIN):
        with pytest.raises(Refused) as caught:
            base_of(StatementPlace(url=url, certificate_sha256=pin))
        assert caught.value.cause is Cause.HOST_NOT_LOOPBACK


def test_a_pin_that_is_none_is_refused() -> None:
    with pytest.raises(Refused):
        base_of(StatementPlace(url="https://127.0.0.1:5001", certificate_sha256="ab"))


def test_the_returned_address_is_followed_on_the_broker_s_hosts() -> None:
    twin = "https://gdcdyn.interactivebrokers.com/AccountManagement/FlexWebService/GetStatement"
    assert statement_url(BASE, twin) == twin
    assert statement_url(BASE, "") == f"{BASE}/GetStatement"
    assert statement_url(HERE, f"{HERE}/GetStatement") == f"{HERE}/GetStatement"


@pytest.mark.parametrize("told", [
    "http://gdcdyn.interactivebrokers.com/x", "https://example.com/x", "https://interactivebrokers.com.example.com/x",
    "https://gdcdyn.interactivebrokers.com@example.com/x", "https://example.com\\@x.interactivebrokers.com/x",
    "https://gdcdyn.interactivebrokers.com:8443/x", "//gdcdyn.interactivebrokers.com/x",
    "https://gdcdyn.interactivebrokers.com/x?u=1", "https://gdcdyn.interactivebrokers.com./x", "https://x_y.com/",
    " https://gdcdyn.interactivebrokers.com/x", "https://gdcdyn.interactivebrokers.com/x\n", "file:///x",
    "https://127.0.0.1:5002/x", HERE, "https://localhost/GetStatement",
])  # fmt: skip
def test_the_returned_address_is_followed_nowhere_else(told: str) -> None:
    with pytest.raises(BadData, match="nothing was sent there"):
        statement_url(BASE, told)


@pytest.mark.parametrize("told", ["https://127.0.0.1:50011/x", "https://127.0.0.1:5002/x", "http://127.0.0.1:5001/x",
                                  "https://gdcdyn.interactivebrokers.com/x", "https://127.0.0.1:5001/x?y"])
def test_the_demo_leads_to_itself_alone(told: str) -> None:
    with pytest.raises(BadData):
        statement_url(HERE, told)
