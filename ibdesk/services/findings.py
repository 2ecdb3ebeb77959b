"""What the connector finds at a gateway, and how a find reads as a check with its one next step."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from ibdesk.brokers.base import Certificate
from ibdesk.domain.accounts import Account, AccountSummary, Environment
from ibdesk.domain.compliance.regime import Regime
from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Refused, Unavailable
from ibdesk.domain.market import Delay
from ibdesk.domain.session import SessionFlags
from ibdesk.domain.settings import parse_value


class CheckId(StrEnum):
    """What is looked at, in this order."""

    GATEWAY = "gateway reachable"
    SIGN_IN = "signed in"
    ACCOUNT = "account"
    DAY_TRADING = "day-trading rules"
    MARKET_DATA = "market data"


class Outcome(StrEnum):
    PENDING = "pending"
    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"


class Action(StrEnum):
    """The one next step a failure offers; the view words the button."""

    START_GATEWAY = "start gateway"
    GATEWAY_HELP = "gateway help"
    CHANGE_ADDRESS = "change address"
    ALLOW_REMOTE = "allow remote"
    ACCEPT_CERTIFICATE = "accept certificate"
    REPLACE_CERTIFICATE = "replace certificate"
    SIGN_IN = "sign in"
    TAKE_OVER = "take over"
    CHOOSE_ENVIRONMENT = "choose environment"
    RETRY = "retry"


_ACTIONS: Mapping[Cause, Action] = {
    Cause.GATEWAY_NOT_RUNNING: Action.START_GATEWAY,
    Cause.GATEWAY_PLAIN_HTTP: Action.RETRY,
    Cause.NOT_A_GATEWAY: Action.CHANGE_ADDRESS,
    Cause.ACCESS_DENIED: Action.GATEWAY_HELP,
    Cause.CERTIFICATE_UNKNOWN: Action.ACCEPT_CERTIFICATE,
    Cause.CERTIFICATE_CHANGED: Action.REPLACE_CERTIFICATE,
    Cause.HOST_NOT_LOOPBACK: Action.ALLOW_REMOTE,
    Cause.NOT_AUTHENTICATED: Action.SIGN_IN,
    Cause.COMPETING_SESSION: Action.TAKE_OVER,
    Cause.WRONG_ENVIRONMENT: Action.CHOOSE_ENVIRONMENT,
    Cause.LITE_ACCOUNT: Action.SIGN_IN,
    Cause.BAD_SETTING: Action.CHANGE_ADDRESS,
}


def action_for(cause: Cause) -> Action:
    """The next step after a failure; trying again where nothing better helps."""
    return _ACTIONS.get(cause, Action.RETRY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the wizard. A passed check is worded by the view from the facts in the state."""

    id: CheckId
    outcome: Outcome = Outcome.PENDING
    message: str = ""
    remedy: str = ""
    cause: Cause | None = None
    action: Action | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Which gateway is meant, and the certificate it must show ("" while none is accepted)."""

    url: str
    pin: str
    environment: Environment
    allow_remote: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSeen:
    target: Target
    certificate: Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSeen:
    target: Target
    flags: SessionFlags
    latency_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsSeen:
    target: Target
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSeen:
    target: Target
    account: Account
    summary: AccountSummary
    regime: Regime


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSeen:
    target: Target
    delay: Delay
    symbol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    target: Target
    check: CheckId
    error: DeskError


Finding = CertificateSeen | SessionSeen | AccountsSeen | AccountSeen | MarketSeen | Failed


def failed(check_id: CheckId, error: DeskError) -> Check:
    """A check that found an error, with its one next step. What only waits for the person is no failure yet."""
    asks = error.cause in (Cause.CERTIFICATE_UNKNOWN, Cause.NOT_AUTHENTICATED)
    return Check(
        id=check_id,
        outcome=Outcome.WARNED if asks or check_id is CheckId.MARKET_DATA else Outcome.FAILED,
        message=error.message,
        remedy=error.remedy,
        cause=error.cause,
        action=None if check_id is CheckId.MARKET_DATA else action_for(error.cause),
    )


def is_loopback(url: str) -> bool:
    """Whether the address is on this computer."""
    host = _host(url)
    return host in ("localhost", "::1") or host.startswith("127.")


def in_pairs(fingerprint: str) -> str:
    """A SHA-256 fingerprint as certificates show it, `AA:BB:…`, however it was written."""
    digits = fingerprint.replace(":", "").upper()
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def is_encrypted(url: str) -> bool:
    return url.lower().startswith("https:")


def address_problem(url: str) -> Refused | None:
    """What is wrong with an address as typed, or None. Only scheme, host and port belong into one."""
    try:
        parse_value("gateway_url", url)
        parts = urlsplit(url)
        if url and origin(url) == url.rstrip("/") and (parts.port is None or parts.port > 0):
            return None
    except (Refused, ValueError):
        pass
    return Refused(
        "That is not the address of a gateway.",
        remedy="Type scheme, host and port, such as https://localhost:5000.",
        cause=Cause.BAD_SETTING,
    )


def not_running(url: str) -> DeskError:
    return Unavailable(
        f"Nothing answers at {origin(url)}.",
        remedy="Start the gateway on this computer, or correct the address.",
        cause=Cause.GATEWAY_NOT_RUNNING,
    )


def unknown(certificate: Certificate) -> DeskError:
    return NeedsPerson(
        "The gateway shows a certificate this desk has not seen before.",
        remedy=f"It makes its own certificate. Accept it once if you started the gateway on {certificate.host}.",
        cause=Cause.CERTIFICATE_UNKNOWN,
    )


def changed(certificate: Certificate) -> DeskError:
    return NeedsPerson(
        f"The certificate of {certificate.host} is not the one you accepted. Nothing was sent.",
        remedy="If you did not replace the gateway, another program is listening there: stop it before you go on.",
        cause=Cause.CERTIFICATE_CHANGED,
    )


def elsewhere(url: str) -> DeskError:
    return NeedsPerson(
        f"{_host(url)} is not this computer, and whoever reaches a gateway acts as you.",
        remedy="Run the gateway here, or allow this one. Nothing was sent.",
        cause=Cause.HOST_NOT_LOOPBACK,
    )


def signed_out() -> DeskError:
    return NeedsPerson(
        "Nobody is signed in at the gateway yet.",
        remedy="Open the gateway’s page and sign in there; this page notices by itself.",
        cause=Cause.NOT_AUTHENTICATED,
    )


def competing() -> DeskError:
    return NeedsPerson(
        "Another program uses this user name’s brokerage session (TWS, mobile or a browser).",
        remedy="Sign out there, or take the session over, which ends the other one.",
        cause=Cause.COMPETING_SESSION,
    )


def wrong_sign_in(environment: Environment) -> DeskError:
    signed_in, chosen = (
        ("a paper user", "Live Trading") if environment is Environment.LIVE else ("a live user", "Paper Trading")
    )
    return Refused(
        f"The gateway is signed in with {signed_in}, but you chose {chosen}.",
        remedy="Choose the other environment, or sign out at the gateway and sign in with the right user name.",
        cause=Cause.WRONG_ENVIRONMENT,
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def origin(url: str) -> str:
    """Scheme, host and port only: a person may have pasted more."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "not an address"
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{port}" if host else "not an address"
