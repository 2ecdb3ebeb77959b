"""What a failure of the socket or a number of TWS means to a person, and the one next step."""

from datetime import datetime

from ibdesk.brokers.base import ClientIdTaken, TwsPlace
from ibdesk.brokers.tws import words
from ibdesk.brokers.tws.ears import TwsError
from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Refused, Unavailable

#: The ports TWS and IB Gateway have when nobody changed them (acceptance D5).
_USUAL = {7496: "TWS, live", 7497: "TWS, paper", 4001: "IB Gateway, live", 4002: "IB Gateway, paper"}
#: What to look at when nothing answers, in the order of the documents' own list (acceptance D17).
_LOOK = (
    "Check in this order: TWS or IB Gateway runs and is signed in; host and port are the ones in its API settings; "
    "“Enable ActiveX and Socket Clients” is on; this computer is a trusted IP there; no firewall is in between."
)


def where(place: TwsPlace) -> str:
    """`127.0.0.1:7497 (TWS, paper)`."""
    usual = f" ({_USUAL[place.port]})" if place.port in _USUAL else ""
    return f"{place.host}:{place.port}{usual}"


def refused(place: TwsPlace, problem: OSError) -> Unavailable:
    """Nobody listens there, or there is no such host."""
    if problem.errno is None or problem.errno < 0:  # what a name that cannot be resolved ends with
        return Unavailable(
            f"There is no computer called {place.host}.", remedy="Check the host in Settings.",
            cause=Cause.TWS_REFUSED,
        )
    return Unavailable(f"Nothing answers at {where(place)}.", remedy=_LOOK, cause=Cause.TWS_REFUSED)


def not_opened(place: TwsPlace, *, is_reached: bool, is_greeted: bool, complaint: str) -> Unavailable:
    """The opening came to no end, at the stage it had reached."""
    if "version" in complaint:
        return Unavailable(
            f"TWS at {where(place)} is too old for this desk.", remedy="Update TWS or IB Gateway, then connect again.",
            cause=Cause.TWS_TOO_OLD,
        )
    if not is_reached:
        return Unavailable(f"{where(place)} does not answer at all.", remedy=_LOOK, cause=Cause.TWS_REFUSED)
    if not is_greeted:
        return Unavailable(
            f"{where(place)} takes the connection and says nothing.",
            remedy="Look at TWS: it may ask whether to accept this computer (add it to the trusted IPs), or it is "
            "still starting or waiting for its sign-in.", cause=Cause.TWS_SILENT,
        )
    return Unavailable(
        f"{where(place)} greets us and then names no account.",
        remedy="Finish the sign-in at TWS or IB Gateway; the desk connects again by itself.", cause=Cause.TWS_SILENT,
    )


def taken(place: TwsPlace, client_id: int, free: int | None) -> ClientIdTaken:
    """Another program uses our number."""
    step = f"Use client id {free} instead" if free is not None else "Choose another client id in Settings"
    return ClientIdTaken(
        f"Client id {client_id} is already in use at {where(place)}.",
        remedy=f"{step}, or close the program that uses it.", client_id=client_id, free=free,
    )


def switched_off() -> Refused:
    return Refused(
        "TWS is switched off in Settings.", remedy="Switch it on there, under TWS and IB Gateway.",
        cause=Cause.BAD_SETTING,
    )


def taken_for_now(place: TwsPlace, client_id: int) -> Unavailable:
    """After a drop TWS may still believe that our old connection lives: it passes."""
    return Unavailable(
        f"{where(place)} still holds our last connection as client id {client_id}.",
        remedy="The desk tries again by itself until it has let go.", cause=Cause.CLIENT_ID_IN_USE,
    )


def gone(reason: str = "") -> Unavailable:
    """The connection ended."""
    return Unavailable(
        reason or "TWS closed the connection.",
        remedy="The desk connects again by itself; TWS and IB Gateway restart once a day.", cause=Cause.TWS_GONE,
    )


def silent() -> Unavailable:
    """Nothing came for two keep-alives: the socket is half open."""
    return gone("TWS has fallen silent; the connection is taken for dead.")


def late(what: str) -> Unavailable:
    return Unavailable(
        f"TWS did not answer in time when asked for {what}.",
        remedy="Try again; if it happens again look whether TWS has lost its own connection.", cause=Cause.TIMED_OUT,
    )


def broker_lost() -> Unavailable:
    """1100, 2110: the socket is there, the broker behind it is not."""
    return Unavailable(
        "TWS has lost its connection to the broker.",
        remedy="Wait: TWS connects again by itself. If it lasts, check this computer's internet connection.",
        cause=Cause.BROKERAGE_LOST,
    )


def competing() -> NeedsPerson:
    """10197."""
    return NeedsPerson(
        "Another session of the same user gets the market data.",
        remedy="Sign the other session out, or give this desk a secondary user of its own.",
        cause=Cause.COMPETING_SESSION,
    )


def unknown(what: str) -> Unavailable:
    """Sent, and no answer: never sent again."""
    return Unavailable(
        f"{what} was sent, and no answer came that says what became of it.",
        remedy="It is not sent again: wait until the order book knows, or look at TWS itself.",
        cause=Cause.OUTCOME_UNKNOWN,
    )


def read_only() -> Refused:
    """321 with the words "read-only": a setting of TWS, not of ours."""
    return Refused(
        "TWS takes no orders over its API: it is set to read-only.",
        remedy="At TWS untick “Read-Only API” under File, Global Configuration, API, Settings.", cause=Cause.READ_ONLY,
    )


def not_allowed() -> Refused:
    """Our own setting, and not one of TWS."""
    return Refused(
        "The desk is read only: no order leaves over TWS.", remedy="Turn read only off in Settings.",
        cause=Cause.READ_ONLY,
    )


def is_read_only(problem: TwsError) -> bool:
    """321 is many things; this one is its word about a TWS that takes no orders at all."""
    text = problem.text.lower()
    return problem.code == 321 and ("read-only" in text or "read only" in text)


def meaning(problem: TwsError, what: str, retry_at: datetime | None = None) -> DeskError:
    """A number of TWS as one of our errors (reference/tws-api.md 2)."""
    text = problem.text.strip()
    match problem.code:
        case 321 if is_read_only(problem):
            return read_only()
        case 326:
            return Unavailable(text, remedy="Choose another client id.", cause=Cause.CLIENT_ID_IN_USE)
        case 502 | 503 | 504 | 507:
            return gone()
        case 1100 | 2110 | 2103 | 2105 | 2157:
            return broker_lost()
        case 100 | 322:
            return Unavailable(
                "TWS was asked too much at once.", remedy="Wait a moment; the desk slows down by itself.",
                cause=Cause.RATE_LIMITED, retry_at=retry_at,
            )
        case 200:
            return Refused(
                f"TWS knows no such contract ({what}).", remedy="Search for it by its symbol.",
                cause=Cause.NOTHING_FOUND,
            )
        case 162 if "pacing" in text.lower():
            return Unavailable(
                "TWS limits how often price history is asked for.", remedy="Wait a quarter of a minute and try again.",
                cause=Cause.RATE_LIMITED, retry_at=retry_at,
            )
        case 162:
            return Refused(
                "The broker has no price history for this instrument.",
                remedy="Nothing to do: the column stays empty.", cause=Cause.NOTHING_FOUND,
            )
        case 354 | 10089 | 10090 | 10091 | 10168:
            return Refused(
                "This account has no subscription for the market data of this instrument.",
                remedy="Subscribe to it in Client Portal, or allow delayed data at TWS.", cause=Cause.NOTHING_FOUND,
            )
        case 10197:
            return competing()
        case 10147 | 135:
            return Refused(
                "TWS does not know this order.", remedy="Look at the order book again.", cause=Cause.ORDER_UNKNOWN
            )
        case 161 | 10148 | 104:
            return Refused(
                words.plain(problem.code, text),
                remedy="Look at the order again; it may have been filled or cancelled meanwhile.",
                cause=Cause.ORDER_REFUSED,
            )
    return Refused(
        f"TWS refused {what}: {text} ({problem.code})", remedy="Read what TWS says, and change the request.",
        cause=Cause.BROKER_ERROR,
    )
