"""Every setting with its name, default, unit and limits, and where its value came from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, get_type_hints
from urllib.parse import urlsplit

from ibdesk.domain.accounts import Environment, looks_like_account
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.session import Region


class Origin(StrEnum):
    """Who set a value; the later in this list wins."""

    DEFAULT = "default"
    FILE = "settings file"
    ENVIRONMENT = "environment"
    COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What the settings page and the parser need to know of one setting.

    `env` are the accepted variable names, the documents' own first. `scale` divides a variable given in a smaller
    unit (the documents count in milliseconds, we in seconds).
    """

    section: str
    title: str
    help: str
    env: tuple[str, ...] = ()
    unit: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    env_scale: Decimal = Decimal(1)
    advanced: bool = False


def _setting(default: Any, meta: Meta) -> Any:
    return field(default=default, metadata={"meta": meta})


class ThemeName(StrEnum):
    SYSTEM = "system"
    DARK = "dark"
    LIGHT = "light"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, in the units their names say. Values are already checked."""

    ibkr_enabled: bool = _setting(True, Meta(
        section="Interactive Brokers", title="Use Interactive Brokers",
        help="Off: the desk never contacts a gateway and shows what is stored.",
        env=("VITE_IBKR_ENABLED", "IBKR_ENABLED")))
    default_environment: Environment = _setting(Environment.PAPER, Meta(
        section="Interactive Brokers", title="Environment on start",
        help="Paper or live. Changing it closes the session and opens the other environment's.",
        env=("VITE_IBKR_DEFAULT_ENVIRONMENT", "IBKR_DEFAULT_ENVIRONMENT")))
    gateway_host: str = _setting("localhost", Meta(
        section="Interactive Brokers", title="Gateway host",
        help="The gateway belongs on this computer. Any other host is warned about.",
        env=("VITE_IBKR_GATEWAY_HOST", "IBKR_GATEWAY_HOST")))
    gateway_port: int = _setting(5000, Meta(
        section="Interactive Brokers", title="Gateway port",
        help="listenPort in the gateway's conf.yaml. macOS uses 5000 itself; choose another there.",
        env=("VITE_IBKR_GATEWAY_PORT", "IBKR_GATEWAY_PORT"), minimum=Decimal(1), maximum=Decimal(65535)))
    gateway_ssl: bool = _setting(True, Meta(
        section="Interactive Brokers", title="Encrypt the connection to the gateway",
        help="Keep it on. Off sends account data in clear between programs on this computer.",
        env=("VITE_IBKR_GATEWAY_SSL", "IBKR_GATEWAY_SSL")))
    gateway_url: str = _setting("", Meta(
        section="Interactive Brokers", title="Gateway address",
        help="A whole address such as https://localhost:5000. Given, it wins over host, port and encryption.",
        env=("IBKR_GATEWAY_URL",)))
    account_id: str = _setting("", Meta(
        section="Interactive Brokers", title="Account",
        help="The account to open with, such as U1234567 or DU1234567. Empty: the broker's default.",
        env=("IBKR_ACCOUNT_ID",)))
    region: Region = _setting(Region.NEW_YORK, Meta(
        section="Interactive Brokers", title="Session region",
        help="Whose midnight ends the session: New York, Zug or Hong Kong.", env=("IBKR_REGION",)))
    sync_interval: Decimal = _setting(Decimal(30), Meta(
        section="Interactive Brokers", title="Sync positions every", unit="s",
        help="How often positions and balances are read.",
        env=("VITE_IBKR_SYNC_INTERVAL", "IBKR_SYNC_INTERVAL"), env_scale=Decimal(1000),
        minimum=Decimal(5), maximum=Decimal(3600)))
    tickle_interval: Decimal = _setting(Decimal(240), Meta(
        section="Interactive Brokers", title="Keep the session alive every", unit="s",
        help="The broker forgets a session after about six idle minutes.",
        env=("VITE_IBKR_TICKLE_INTERVAL", "IBKR_TICKLE_INTERVAL"), env_scale=Decimal(1000),
        minimum=Decimal(30), maximum=Decimal(300)))
    session_warning_minutes: int = _setting(60, Meta(
        section="Interactive Brokers", title="Warn before the session ends", unit="min",
        help="When to remind you to sign in again.",
        env=("VITE_IBKR_SESSION_WARNING_MINUTES", "IBKR_SESSION_WARNING_MINUTES"),
        minimum=Decimal(5), maximum=Decimal(720)))
    requests_per_second: int = _setting(10, Meta(
        section="Interactive Brokers", title="Request budget", unit="per s",
        help="The broker allows gateway users 10 requests per second and locks out those who exceed it.",
        env=("IBKR_REQUESTS_PER_SECOND",), minimum=Decimal(1), maximum=Decimal(10), advanced=True))
    request_timeout: Decimal = _setting(Decimal(10), Meta(
        section="Interactive Brokers", title="Give up on a request after", unit="s",
        help="The gateway hangs instead of failing when it cannot reach the broker.",
        env=("IBKR_REQUEST_TIMEOUT",), minimum=Decimal(2), maximum=Decimal(60), advanced=True))
    benchmark: str = _setting("SPY", Meta(
        section="Charts", title="Benchmark", help="The symbol drawn beside your equity curve.",
        env=("IBDESK_BENCHMARK",)))
    theme: ThemeName = _setting(ThemeName.SYSTEM, Meta(
        section="Appearance", title="Theme", help="Dark, light, or what the system uses.", env=("IBDESK_THEME",)))
    colour_blind: bool = _setting(False, Meta(
        section="Appearance", title="Colour-blind palette",
        help="Blue and orange instead of green and red for gains and losses.", env=("IBDESK_COLOUR_BLIND",)))
    dense_rows: bool = _setting(False, Meta(
        section="Appearance", title="Dense tables", help="Rows of 24 instead of 30 pixels.",
        env=("IBDESK_DENSE_ROWS",)))
    discreet: bool = _setting(False, Meta(
        section="Appearance", title="Hide amounts", help="Shows dots instead of money, for screens others can see.",
        env=("IBDESK_DISCREET",)))

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
    """Every setting's name, in the order they are shown."""
    return tuple(item.name for item in fields(Settings))


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
    if name == "default_environment" and value is Environment.DEMO:
        raise _bad(name, value, "paper or live; the demo is a command of its own")


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port out of range, half an IPv6 address
        return False
