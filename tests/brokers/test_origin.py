"""Which hosts a connection may lead to."""

import pytest

from ibdesk.brokers.origin import origin_of
from ibdesk.domain.errors import Cause, Refused


def test_localhost_means_the_address_the_gateway_listens_at() -> None:
    assert origin_of("https://localhost:5000/").url == "https://127.0.0.1:5000"


@pytest.mark.parametrize("url", ["https://127.0.0.1:5000", "https://127.8.9.1:5000", "http://[::1]:5000"])
def test_every_loopback_address_is_this_computer(url: str) -> None:
    assert origin_of(url).url == url


@pytest.mark.parametrize("url", ["https://192.168.1.4:5000", "https://gateway.example:5000", "https://localhost.example"])
def test_another_host_is_refused_until_a_person_allows_it(url: str) -> None:
    with pytest.raises(Refused) as refused:
        origin_of(url)
    assert refused.value.cause is Cause.HOST_NOT_LOOPBACK
    assert origin_of(url, allow_remote=True).scheme == "https"


def test_an_unencrypted_connection_to_another_host_is_refused_even_then() -> None:
    with pytest.raises(Refused) as refused:
        origin_of("http://192.168.1.4:5000", allow_remote=True)
    assert refused.value.cause is Cause.HOST_NOT_LOOPBACK


@pytest.mark.parametrize(
    "url", ["localhost:5000", "ftp://localhost", "https://", "https://localhost:99999", "https://[::1", ""]
)
def test_what_is_no_address_is_said_to_be_none(url: str) -> None:
    with pytest.raises(Refused) as refused:
        origin_of(url)
    assert refused.value.cause is Cause.BAD_SETTING
