"""What the doctor may look at, and how a finding is put together."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from ibdesk.brokers.base import Broker, CallSink, Certificate, Connection, RateSink
from ibdesk.domain.accounts import Account, Environment
from ibdesk.domain.diagnosis import Check, Examined, Fix, Verdict
from ibdesk.domain.errors import DeskError
from ibdesk.domain.maintenance import Outage
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import Order
from ibdesk.domain.records import Credentials
from ibdesk.domain.session import Session
from ibdesk.domain.settings import Sourced
from ibdesk.domain.truth import StreamState
from ibdesk.services.activity import Activity
from ibdesk.services.desk import Clock
from ibdesk.services.gateway import GatewayKeeper
from ibdesk.services.tws_contact import TwsAccess


@dataclass(frozen=True, slots=True, kw_only=True)
class Trading:
    """How trading stands in one mode: the order book, the newest last, and why the kill switch is on ("" when off)."""

    mode: Mode
    orders: tuple[Order, ...] = ()
    killed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What an open vault adds. `session`, `stream` and `trading` are how they stand now, None where nothing is
    connected."""

    credentials: Callable[[], Awaitable[tuple[Credentials, ...]]]
    accounts: Callable[[], Awaitable[tuple[Account, ...]]]
    activity: Activity
    database_bytes: Callable[[], int]
    session: Callable[[], Session | None]
    stream: Callable[[], StreamState | None]
    trading: Callable[[], Trading | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Everything an examination needs. `stored` is None without an open vault, and `closed_because` says why.
    `settings_problem` is why the settings could not be read; the defaults are in force then. `on_call` takes the
    doctor's own calls for the audit. `tws` is the TWS or IB Gateway that is wanted, None where none is."""

    home: Path
    clock: Clock
    environment: Environment
    settings: Callable[[], Sourced]
    gateway: GatewayKeeper
    connection: Callable[[], Connection]
    open_broker: Callable[[Connection, CallSink, RateSink], Broker]
    fetch_certificate: Callable[[str], Awaitable[Certificate]]
    on_call: CallSink
    stored: Stored | None = None
    closed_because: str = "There is no open vault."
    settings_problem: DeskError | None = None
    tws: TwsAccess | None = None


def good(check: Check, statement: str, *evidence: str) -> Examined:
    """All is well."""
    return Examined(check=check, verdict=Verdict.GOOD, statement=statement, evidence=evidence)


def unknown(check: Check, why: str, *evidence: str) -> Examined:
    """Could not be examined, and why."""
    return Examined(check=check, verdict=Verdict.UNKNOWN, statement=why, evidence=evidence)


def found(
    check: Check, verdict: Verdict, statement: str, advice: str, *evidence: str, fix: Fix | None = None,
    target: str = "",
) -> Examined:  # fmt: skip
    """Something to act on."""
    return Examined(
        check=check, verdict=verdict, statement=statement, advice=advice, evidence=evidence, fix=fix, target=target
    )


def counted(number: int, thing: str) -> str:
    """A number of things, one of them in the singular."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def span(seconds: float) -> str:
    """A duration in words, in its largest unit."""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return counted(int(seconds // size), unit)
    return f"{max(0, int(seconds))} s"


def expected(check: Check, outage: Outage, statement: str, *facts: str) -> Examined:
    """Explained by an announced outage."""
    return found(
        check, Verdict.EXPECTED, f"{statement} It is {outage.name}, until {outage.ends:%H:%M} UTC.",
        "Wait; it comes back by itself.", *facts, fix=Fix.WAIT, target=outage.ends.isoformat(),
    )
