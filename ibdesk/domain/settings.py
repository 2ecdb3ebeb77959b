"""Every setting with its name, default, unit and limits, and where its value came from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, get_type_hints
from urllib.parse import urlsplit

from ibdesk.domain.accounts import Environment, looks_like_account
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.orders import OrderRoute
from ibdesk.domain.reminders import times_of
from ibdesk.domain.risk_settings import RiskSettings
from ibdesk.domain.session import Region
from ibdesk.domain.setting_meta import Meta as Meta
from ibdesk.domain.setting_meta import setting


class Origin(StrEnum):
    """Who set a value; the later in this list wins."""

    DEFAULT = "default"
    FILE = "settings file"
    ENVIRONMENT = "environment"
    COMMAND_LINE = "command line"


class Profile(StrEnum):
    """How ibdesk is known to the broker; it decides how many requests a second are allowed."""

    GATEWAY = "gateway"
    OAUTH = "oauth"


#: Requests per second the broker allows each (reference/client-portal-api.md section 10).
ALLOWED_PER_SECOND: Mapping[Profile, int] = {Profile.GATEWAY: 10, Profile.OAUTH: 50}


class ThemeName(StrEnum):
    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


#: What a whole gateway address says as well, and wins over.
_IN_THE_ADDRESS = ("gateway_host", "gateway_port", "gateway_ssl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(RiskSettings):
    """All settings, in the units their names say. Values are already checked."""

    ibkr_enabled: bool = setting(True, Meta(
        section="Interactive Brokers", title="Use Interactive Brokers",
        help="Off: the desk never contacts a gateway and shows what is stored.",
        env=("VITE_IBKR_ENABLED", "IBKR_ENABLED")))
    default_environment: Environment = setting(Environment.PAPER, Meta(
        section="Interactive Brokers", title="Environment on start",
        help="Paper or live. Changing it closes the session and opens the other environment's.",
        env=("VITE_IBKR_DEFAULT_ENVIRONMENT", "IBKR_DEFAULT_ENVIRONMENT")))
    local_paper: bool = setting(False, Meta(
        section="Interactive Brokers", title="Trade in Local Paper",
        help="On: from the next start orders go to a pretend account on this computer, at the prices of the "
        "environment above. The mode button does it at once.",
        env=("IBDESK_LOCAL_PAPER",)))
    local_paper_cash: Decimal = setting(Decimal(100_000), Meta(
        section="Interactive Brokers", title="A new Local Paper account begins with", unit="USD",
        help="Counts when the account is reset; the one in use keeps what it has.",
        env=("IBDESK_LOCAL_PAPER_CASH",), minimum=Decimal(100), maximum=Decimal(100_000_000)))
    gateway_host: str = setting("localhost", Meta(
        section="Gateway", title="Gateway host",
        help="The gateway belongs on this computer. Any other host is warned about. Host, port and encryption each "
        "change only their own part of a connected gateway's address.",
        env=("VITE_IBKR_GATEWAY_HOST", "IBKR_GATEWAY_HOST")))
    gateway_port: int = setting(5000, Meta(
        section="Gateway", title="Gateway port",
        help="listenPort in the gateway's conf.yaml. macOS uses 5000 itself; choose another there.",
        env=("VITE_IBKR_GATEWAY_PORT", "IBKR_GATEWAY_PORT"), minimum=Decimal(1), maximum=Decimal(65535)))
    gateway_ssl: bool = setting(True, Meta(
        section="Gateway", title="Encrypt the connection to the gateway",
        help="Keep it on. Off sends account data in clear between programs on this computer.",
        env=("VITE_IBKR_GATEWAY_SSL", "IBKR_GATEWAY_SSL")))
    gateway_url: str = setting("", Meta(
        section="Gateway", title="Gateway address",
        help="A whole address such as https://localhost:5000. Given, it wins over host, port and encryption.",
        env=("IBKR_GATEWAY_URL",)))
    account_id: str = setting("", Meta(
        section="Interactive Brokers", title="Account",
        help="The account to open with, such as U1234567 or DU1234567. Empty: the broker's default.",
        env=("IBKR_ACCOUNT_ID",)))
    region: Region = setting(Region.NEW_YORK, Meta(
        section="Session", title="Session region",
        help="Whose midnight ends the session: New York, Zug or Hong Kong.", env=("IBKR_REGION",)))
    sync_interval: Decimal = setting(Decimal(30), Meta(
        section="Interactive Brokers", title="Sync positions every", unit="s",
        help="How often positions and balances are read.",
        env=("VITE_IBKR_SYNC_INTERVAL", "IBKR_SYNC_INTERVAL"), env_scale=Decimal(1000),
        minimum=Decimal(5), maximum=Decimal(3600)))
    tickle_interval: Decimal = setting(Decimal(240), Meta(
        section="Session", title="Keep the session alive every", unit="s",
        help="The broker forgets a session after about six idle minutes.",
        env=("VITE_IBKR_TICKLE_INTERVAL", "IBKR_TICKLE_INTERVAL"), env_scale=Decimal(1000),
        minimum=Decimal(30), maximum=Decimal(300)))
    session_warning_minutes: int = setting(60, Meta(
        section="Session", title="Warn before the session ends", unit="min",
        help="When to remind you to sign in again.",
        env=("VITE_IBKR_SESSION_WARNING_MINUTES", "IBKR_SESSION_WARNING_MINUTES"),
        minimum=Decimal(5), maximum=Decimal(720)))
    connection_profile: Profile = setting(Profile.GATEWAY, Meta(
        section="Interactive Brokers", title="Connection profile",
        help="A gateway may send 10 requests per second, an OAuth consumer 50.",
        env=("IBKR_CONNECTION_PROFILE",), advanced=True))
    requests_per_second: int = setting(0, Meta(
        section="Interactive Brokers", title="Request budget", unit="per s",
        help="0 uses all that the profile allows; less is kinder to other programs. More than the profile allows is "
        "never sent: the broker locks out those who exceed it.",
        env=("IBKR_REQUESTS_PER_SECOND",), minimum=Decimal(0), maximum=Decimal(50), advanced=True))
    request_timeout: Decimal = setting(Decimal(10), Meta(
        section="Interactive Brokers", title="Give up on a request after", unit="s",
        help="The gateway hangs instead of failing when it cannot reach the broker.",
        env=("IBKR_REQUEST_TIMEOUT",), minimum=Decimal(2), maximum=Decimal(60), advanced=True))
    auto_sync: bool = setting(True, Meta(
        section="Interactive Brokers", title="Sync by itself",
        help="Off: positions and balances are read only when you press F5.", env=("IBKR_AUTO_SYNC",)))
    reconnect_min: Decimal = setting(Decimal(3), Meta(
        section="Interactive Brokers", title="First wait before connecting again", unit="s",
        help="After a connection is lost. The wait grows up to the longest one.",
        env=("IBKR_RECONNECT_MIN_DELAY",), minimum=Decimal(1), maximum=Decimal(60), advanced=True))
    reconnect_max: Decimal = setting(Decimal(60), Meta(
        section="Interactive Brokers", title="Longest wait before connecting again", unit="s",
        help="Between two tries while nothing answers.",
        env=("IBKR_RECONNECT_MAX_DELAY",), minimum=Decimal(3), maximum=Decimal(600), advanced=True))
    gateway_folder: str = setting("", Meta(
        section="Gateway", title="Gateway folder",
        help="Where clientportal.gw was unpacked: it holds bin and root. ibdesk can then start it.",
        env=("IBDESK_GATEWAY_FOLDER",)))
    sign_out_on_quit: bool = setting(False, Meta(
        section="Session", title="Sign out when ibdesk quits",
        help="Ends the session at the broker. Off: the gateway stays signed in for whoever uses this computer.",
        env=("IBDESK_SIGN_OUT_ON_QUIT",)))
    sign_out_when_idle: int = setting(0, Meta(
        section="Session", title="Sign out when idle for", unit="min",
        help="Ends the session at the broker after so long without a key or a click. 0: never.",
        env=("IBDESK_SIGN_OUT_WHEN_IDLE",), minimum=Decimal(0), maximum=Decimal(1440)))
    sounds: bool = setting(True, Meta(
        section="Session", title="Sounds",
        help="A sound when the session is about to end and when a connection is lost.", env=("IBDESK_SOUNDS",)))
    notifications: bool = setting(True, Meta(
        section="Session", title="System notifications",
        help="The same warnings through your system, when ibdesk is not in front.", env=("IBDESK_NOTIFICATIONS",)))
    auto_lock: int = setting(15, Meta(
        section="Vault", title="Lock when idle for", unit="min",
        help="Hides the desk after so long without a key or a click; it goes on working. 0: never.",
        env=("IBDESK_AUTO_LOCK",), minimum=Decimal(0), maximum=Decimal(1440)))
    lock_with_system: bool = setting(True, Meta(
        section="Vault", title="Lock with the system",
        help="Lock when this computer's screen is locked or it goes to sleep.", env=("IBDESK_LOCK_WITH_SYSTEM",)))
    backup_hours: int = setting(24, Meta(
        section="Vault", title="Back up every", unit="h",
        help="An encrypted copy of the vault, checked by opening it. 0: never by itself.",
        env=("IBDESK_BACKUP_HOURS",), minimum=Decimal(0), maximum=Decimal(720)))
    backup_keep: int = setting(7, Meta(
        section="Vault", title="Backups to keep", help="Older ones made by the schedule are deleted.",
        env=("IBDESK_BACKUP_KEEP",), minimum=Decimal(1), maximum=Decimal(100)))
    backup_folder: str = setting("", Meta(
        section="Vault", title="Backup folder",
        help="Best on another disk. Empty: the folder backups beside the vault.", env=("IBDESK_BACKUP_FOLDER",)))
    rekey_reminder: int = setting(365, Meta(
        section="Vault", title="Remind to change the key after", unit="days",
        help="Keys should be changed now and then (Vault, Change the key). 0: never.",
        env=("IBDESK_REKEY_REMINDER",), minimum=Decimal(0), maximum=Decimal(3650)))
    tws_enabled: bool = setting(False, Meta(
        section="TWS and IB Gateway", title="Connect to TWS or IB Gateway",
        help="Positions, executions and their profit and loss are streamed from it as they move.",
        env=("IBDESK_TWS_ENABLED",)))
    tws_host: str = setting("127.0.0.1", Meta(
        section="TWS and IB Gateway", title="Host", help="Where TWS or IB Gateway runs.", env=("IBKR_HOST",)))
    tws_port: int = setting(7497, Meta(
        section="TWS and IB Gateway", title="Port", help="TWS live 7496, paper 7497; IB Gateway live 4001, paper 4002.",
        env=("IBKR_PORT",), minimum=Decimal(1), maximum=Decimal(65535)))
    tws_client_id: int = setting(1, Meta(
        section="TWS and IB Gateway", title="Client id", help="Each program connected to TWS needs its own.",
        env=("IBKR_CLIENT_ID",), minimum=Decimal(0), maximum=Decimal(2147483646)))
    tws_order_client_id: int = setting(0, Meta(
        section="TWS and IB Gateway", title="Client id for orders", help="0 uses the client id plus one.",
        env=("IBKR_ORDER_CLIENT_ID",), minimum=Decimal(0), maximum=Decimal(2147483647)))
    order_route: OrderRoute = setting(OrderRoute.PORTAL, Meta(
        section="TWS and IB Gateway", title="Orders go through",
        help="Portal: the Client Portal Gateway. TWS: this socket, with a connection of its own for orders; Read only "
        "must be off. An order is changed and cancelled where it was sent.",
        env=("IBKR_ORDER_ROUTE",)))
    keepalive: Decimal = setting(Decimal(15), Meta(
        section="TWS and IB Gateway", title="Heartbeat every", unit="s", help="How soon a dead connection is noticed.",
        env=("IBKR_KEEPALIVE_SECONDS",), minimum=Decimal(5), maximum=Decimal(300), advanced=True))
    read_only: bool = setting(True, Meta(
        section="TWS and IB Gateway", title="Read only",
        help="On: nothing is sent with real money, and nothing at all over TWS, that could become an order.",
        env=("IBKR_READONLY",)))
    base_currency: str = setting("USD", Meta(
        section="TWS and IB Gateway", title="Base currency", help="Totals over several currencies are given in it.",
        env=("IBKR_BASE_CURRENCY",)))
    benchmark: str = setting("SPY", Meta(
        section="Charts", title="Benchmark", help="The symbol drawn beside your equity curve.",
        env=("IBDESK_BENCHMARK",)))
    digest_after_close: bool = setting(True, Meta(
        section="Reminders", title="Tell the day in short after the close",
        help="Fills, changed positions, orders that still work, expiries ahead, and what the log shows.",
        env=("IBDESK_DIGEST_AFTER_CLOSE",)))
    digest_times: str = setting("", Meta(
        section="Reminders", title="Tell it at other times, too",
        help="New York times of trading days, such as 10:00, 12:30. Empty: only after the close.",
        env=("IBDESK_DIGEST_TIMES",)))
    theme: ThemeName = setting(ThemeName.SYSTEM, Meta(
        section="Appearance", title="Theme", help="Dark, light, or what the system uses.", env=("IBDESK_THEME",)))
    colour_blind: bool = setting(False, Meta(
        section="Appearance", title="Colour-blind palette",
        help="Blue and orange instead of green and red for gains and losses.", env=("IBDESK_COLOUR_BLIND",)))
    dense_rows: bool = setting(False, Meta(
        section="Appearance", title="Dense tables", help="Rows of 24 instead of 30 pixels.",
        env=("IBDESK_DENSE_ROWS",)))
    discreet: bool = setting(False, Meta(
        section="Appearance", title="Hide amounts", help="Shows dots instead of money, for screens others can see.",
        env=("IBDESK_DISCREET",)))

    @property
    def request_budget(self) -> int:
        """Requests per second in force: what the profile allows, or less where a person wants less."""
        allowed = ALLOWED_PER_SECOND[self.connection_profile]
        return min(self.requests_per_second or allowed, allowed)

    @property
    def order_client_id(self) -> int:
        """The client id of the connection that carries orders."""
        return self.tws_order_client_id or self.tws_client_id + 1

    def unused(self, name: str) -> str:
        """Which other setting makes `name` count for nothing; empty when it counts."""
        return "gateway_url" if self.gateway_url and name in _IN_THE_ADDRESS else ""

    @property
    def gateway(self) -> str:
        """The address in force, without a trailing slash."""
        if self.gateway_url:
            return self.gateway_url.rstrip("/")
        scheme = "https" if self.gateway_ssl else "http"
        return f"{scheme}://{self.gateway_host}:{self.gateway_port}"


def meta_of(name: str) -> Meta:
    """The description of one setting."""
    found: Meta = next(item for item in fields(Settings) if item.name == name).metadata["meta"]
    return found


def names() -> tuple[str, ...]:
    """Every setting's name, in the order they are shown: the risk limits last."""
    inherited = {item.name for item in fields(RiskSettings)}
    return tuple(sorted((item.name for item in fields(Settings)), key=lambda name: name in inherited))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """The settings in force and where each value came from (`origins`: name → origin, `variables`: name → variable)."""

    settings: Settings
    origins: Mapping[str, Origin]
    variables: Mapping[str, str]


def parse_value(name: str, text: str, *, scale: Decimal = Decimal(1)) -> Any:
    """The checked value of setting `name` written as text. Raises Refused(BAD_SETTING) saying what is allowed."""
    kind = get_type_hints(Settings)[name]
    meta = meta_of(name)
    value = _PARSERS.get(kind, _parse_choice(kind))(text.strip(), name)
    if isinstance(value, Decimal):
        value = value / scale
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        _check_range(name, Decimal(value), meta)
    _check_form(name, value)
    return value


def with_values(sourced: Sourced, values: Mapping[str, Any], origin: Origin, variables: Mapping[str, str]) -> Sourced:
    """The settings with some values replaced and their origin noted."""
    return Sourced(
        settings=replace(sourced.settings, **values),
        origins={**sourced.origins, **dict.fromkeys(values, origin)},
        variables={**sourced.variables, **variables},
    )


def defaults() -> Sourced:
    """Every setting as shipped."""
    return Sourced(settings=Settings(), origins=dict.fromkeys(names(), Origin.DEFAULT), variables={})


def _bad(name: str, text: str, allowed: str) -> Refused:
    return Refused(
        f"{text!r} is not allowed for {name}.", remedy=f"Use {allowed}.", cause=Cause.BAD_SETTING
    )


def _parse_bool(text: str, name: str) -> bool:
    lowered = text.lower()
    if lowered in ("1", "true", "yes", "on"):
        return True
    if lowered in ("0", "false", "no", "off"):
        return False
    raise _bad(name, text, "true or false")


def _parse_int(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise _bad(name, text, "a whole number") from None


def _parse_decimal(text: str, name: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise _bad(name, text, "a number") from None
    if not value.is_finite():
        raise _bad(name, text, "a number")
    return value


def _parse_choice(kind: Any) -> Callable[[str, str], Any]:
    def parse(text: str, name: str) -> Any:
        for member in kind:
            if text.lower() in (member.value.lower(), member.name.lower()):
                return member
        raise _bad(name, text, "one of " + ", ".join(str(member.value) for member in kind))

    return parse


_PARSERS: dict[Any, Callable[[str, str], Any]] = {
    bool: _parse_bool,
    int: _parse_int,
    Decimal: _parse_decimal,
    str: lambda text, name: text,
}


def _check_range(name: str, value: Decimal, meta: Meta) -> None:
    low, high = meta.minimum, meta.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        raise _bad(name, str(value), f"{low} to {high} {meta.unit}".rstrip())


def _check_form(name: str, value: Any) -> None:
    if name == "account_id" and value and not looks_like_account(value):
        raise _bad(name, value, "an account id such as U1234567 or DU1234567")
    if name == "gateway_url" and value and not _is_address(value):
        raise _bad(name, value, "a whole address such as https://localhost:5000")
    if name == "digest_times" and not _are_times(value):
        raise _bad(name, value, "times of day such as 10:00, 12:30")
    if name == "base_currency" and not (len(value) == 3 and value.isascii() and value.isupper()):
        raise _bad(name, value, "a currency's three letters, such as USD")
    if name == "default_environment" and value is Environment.DEMO:
        raise _bad(name, value, "paper or live; the demo is a command of its own")


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port out of range, half an IPv6 address
        return False


def _are_times(text: str) -> bool:
    try:
        times_of(text)
    except ValueError:
        return False
    return True
