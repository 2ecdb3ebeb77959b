"""Where a Flex token may be sent: the broker's own hosts over HTTPS, or one pinned server on this computer.

The token is in the address of each call, so whoever names a host (a setting, the service's own `Url`) is checked by
one strict pattern; nothing is parsed leniently and then sent elsewhere.
"""

import ipaddress
import re
from urllib.parse import urlsplit

from ibdesk.brokers.certificate import pin_bytes
from ibdesk.brokers.statements import StatementPlace
from ibdesk.domain.errors import BadData, Cause, Refused

#: acceptance F2; the older servlet paths began to fail in May 2026.
BASE = "https://ndcdyn.interactivebrokers.com/AccountManagement/FlexWebService"
_PATH = "/AccountManagement/FlexWebService"
_BROKER = re.compile(r"https://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+interactivebrokers\.com(?::443)?(?:/[\w./-]*)?")
_HERE = re.compile(r"(https://(127(?:\.\d{1,3}){3}|\[::1\]|localhost):\d{1,5})(?:/[\w./-]*)?")


def base_of(place: StatementPlace) -> str:
    """The checked address of the service, without a slash at its end. Refused(HOST_NOT_LOOPBACK, BAD_SETTING)."""
    if not place.url:
        return BASE
    url = place.url.rstrip("/")
    if _BROKER.fullmatch(url) and not place.certificate_sha256:
        return _with_path(url)
    here = _HERE.fullmatch(url)
    if here and _is_loopback(here[2]) and _is_pin(place.certificate_sha256):
        return _with_path(url)
    raise Refused(
        f"{place.url} is no address a Flex token may be sent to.",
        remedy="Leave the address away for the broker's own service; the demo's needs its certificate too.",
        cause=Cause.HOST_NOT_LOOPBACK,
    )


def statement_url(base: str, told: str) -> str:
    """Where the statement is fetched: as the service told, when that is the broker's host (or the demo's own); at
    `base` when it told nothing. Raises BadData for any other host; nothing is sent there."""
    if not told:
        return f"{base}/GetStatement"
    here = _HERE.fullmatch(base)
    if here:
        allowed = told == here[1] or told.startswith(f"{here[1]}/")
        is_clean = _HERE.fullmatch(told) is not None
    else:
        allowed, is_clean = _BROKER.fullmatch(told) is not None, True
    if allowed and is_clean:
        return told
    raise BadData(
        "The Flex service named another place to fetch the statement from, and nothing was sent there.",
        remedy="Check that no proxy or other program changes your connections, then try again.",
        cause=Cause.BAD_ANSWER, raw=told.encode(errors="replace"),
    )


def _with_path(url: str) -> str:
    return url if urlsplit(url).path else url + _PATH


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_pin(fingerprint: str) -> bool:
    try:
        return bool(pin_bytes(fingerprint))
    except ValueError:
        return False
