"""Where a connection may lead: this computer over TLS, and elsewhere only when a person allowed it."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from ibdesk.domain.errors import Cause, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a connection leads, after the rules about hosts were applied."""

    scheme: str
    host: str
    port: int

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def origin_of(url: str, *, allow_remote: bool = False) -> Origin:
    """The checked origin of a gateway address. Raises Refused.

    `localhost` becomes 127.0.0.1: the gateway listens on IPv4 only (reference/client-portal-api.md 1.5).
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:  # a port out of range, half an IPv6 address
        raise _no_address(url) from error
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise _no_address(url)
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname
    if not _is_loopback(host):
        _check_remote(host, parts.scheme, allow_remote)
    return Origin(scheme=parts.scheme, host=host, port=port)


def _no_address(url: str) -> Refused:
    return Refused(
        f"{url} is not a gateway address.", remedy="Use an address such as https://localhost:5000.",
        cause=Cause.BAD_SETTING,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_remote(host: str, scheme: str, allow_remote: bool) -> None:
    if not allow_remote:
        raise Refused(
            f"{host} is not this computer.",
            remedy="Run the gateway here and use localhost, or allow another host in Settings.",
            cause=Cause.HOST_NOT_LOOPBACK,
        )
    if scheme != "https":
        raise Refused(
            f"An unencrypted connection to {host} would show account data to the network.",
            remedy="Turn encryption on for a gateway on another computer.",
            cause=Cause.HOST_NOT_LOOPBACK,
        )
