"""What an error says of the session, and what a session that cannot be used says to a person."""

from dataclasses import replace

from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Unavailable
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.maintenance import Outage
from ibdesk.domain.session import SessionFlags, SessionState

#: What an announced outage explains: the broker is away, so nothing answers, or nobody is signed in any more
#: (reference/client-portal-api.md 2.2: expect 401, 500 or 503).
EXPLAINED = frozenset({
    Cause.GATEWAY_NOT_RUNNING, Cause.TIMED_OUT, Cause.NOT_AUTHENTICATED, Cause.BROKERAGE_LOST, Cause.MAINTENANCE,
    Cause.BROKER_ERROR,
})  # fmt: skip


def announced(outage: Outage) -> Unavailable:
    """What a person reads while an announced outage explains everything that is missing."""
    return Unavailable(
        f"Interactive Brokers is in {outage.name}, expected until {outage.ends.astimezone(NEW_YORK):%H:%M} New York "
        "time.",
        remedy="There is nothing to do: the desk connects again by itself.",
        cause=Cause.MAINTENANCE,
        retry_at=outage.ends,
    )


def problem_of(state: SessionState) -> DeskError:
    """What a person reads when the broker cannot be asked in this state."""
    match state:
        case SessionState.UNKNOWN:
            return Unavailable(
                "The session is not known yet.",
                remedy="Wait a moment; the gateway is being asked.",
                cause=Cause.GATEWAY_NOT_RUNNING,
            )
        case SessionState.OFFLINE:
            return Unavailable(
                "The gateway does not answer.",
                remedy="Start the Client Portal Gateway and try again.",
                cause=Cause.GATEWAY_NOT_RUNNING,
            )
        case SessionState.STRANGER:
            return NeedsPerson(
                "Something else answers at this address.",
                remedy="Ask the Doctor what it is, and check the Gateway's port.",
                cause=Cause.NOT_A_GATEWAY,
            )
        case SessionState.COMPETING:
            return NeedsPerson(
                "Another program uses this user name's brokerage session.",
                remedy="Close it there, or take the session over here.",
                cause=Cause.COMPETING_SESSION,
            )
        case SessionState.BROKERAGE_LOST | SessionState.CONNECTING:
            return Unavailable(
                "The gateway must be authenticated: the brokerage session is not open.",
                remedy="Wait a moment; it is opened again by itself.",
                cause=Cause.BROKERAGE_LOST,
            )
        case _:
            return NeedsPerson(
                "The gateway must be authenticated: nobody is signed in.",
                remedy="Sign in on the gateway's page.",
                cause=Cause.NOT_AUTHENTICATED,
            )


def flags_of(flags: SessionFlags, error: DeskError) -> SessionFlags | None:
    """The flags an error stands for; None when it says nothing of the session."""
    match error.cause:
        case Cause.NOT_AUTHENTICATED:
            return SessionFlags(reachable=True)
        case Cause.BROKERAGE_LOST:
            return replace(without_brokerage(flags), signed_in=True)
        case Cause.COMPETING_SESSION:
            return replace(
                flags, reachable=True, is_gateway=True, signed_in=True, authenticated=False, competing=True)
        case Cause.NOT_A_GATEWAY:
            return SessionFlags(reachable=True, is_gateway=False, message=error.message)
        case Cause.PENALTY_BOX | Cause.RATE_LIMITED | Cause.MAINTENANCE | Cause.BROKER_ERROR | Cause.BAD_ANSWER:
            return None
        case _:
            return SessionFlags(reachable=False, message=error.message)


def without_brokerage(flags: SessionFlags) -> SessionFlags:
    """The flags when the brokerage session is away and nothing is known of the sign-in."""
    return replace(
        flags, reachable=True, is_gateway=True, authenticated=False, established=False, connected=False)
