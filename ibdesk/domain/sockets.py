"""TWS and IB Gateway as programs one connects to: their usual ports, what a knock there can hear, what is set where."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from ipaddress import ip_address
from zoneinfo import ZoneInfo

from ibdesk.domain.accounts import Environment

NEW_YORK = ZoneInfo("America/New_York")
#: Where the settings of the API are in each of the two programs (acceptance D2).
IN_TWS = "TWS: File, Global Configuration, API, Settings"
IN_GATEWAY = "IB Gateway: Configure, Settings, API, Settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualPort:
    """A port that one of the programs has until somebody changes it."""

    port: int
    program: str
    environment: Environment

    @property
    def words(self) -> str:
        return f"{self.program}, {self.environment.value}"


#: acceptance D5, in the order of its row.
USUAL_PORTS = (
    UsualPort(port=7496, program="TWS", environment=Environment.LIVE),
    UsualPort(port=7497, program="TWS", environment=Environment.PAPER),
    UsualPort(port=4001, program="IB Gateway", environment=Environment.LIVE),
    UsualPort(port=4002, program="IB Gateway", environment=Environment.PAPER),
)


class Knock(StrEnum):
    """What was heard when a port was knocked at: `GREETED` is how TWS and IB Gateway speak, `STRANGER` is another
    program, `CLOSED` took the connection and hung up, `REFUSED` is a port where nobody listens, `UNREACHED` a computer
    from which nothing came."""

    GREETED = "greeted"
    STRANGER = "stranger"
    SILENT = "silent"
    CLOSED = "closed"
    REFUSED = "refused"
    UNREACHED = "unreached"
    NO_HOST = "no host"


def usual(port: int) -> UsualPort | None:
    """Whose port this usually is."""
    return next((each for each in USUAL_PORTS if each.port == port), None)


def named(host: str, port: int) -> str:
    """`127.0.0.1:7497 (TWS, paper)`."""
    known = usual(port)
    return f"{host}:{port}" if known is None else f"{host}:{port} ({known.words})"


def is_this_computer(host: str) -> bool:
    """Whether the host is a loopback address or its name."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def next_second_factor(now: datetime) -> datetime:
    """When the sign-in that survives daily restarts ends (aware UTC): Sundays at 01:00 in New York; the first start
    after it asks for the second factor again (reference/tws-api.md section 2)."""
    local = now.astimezone(NEW_YORK)
    sunday = local.date() + timedelta(days=(6 - local.weekday()) % 7)
    at = datetime.combine(sunday, time(1, 0), NEW_YORK)
    if at <= local:
        at = datetime.combine(sunday + timedelta(days=7), time(1, 0), NEW_YORK)
    return at.astimezone(UTC)
