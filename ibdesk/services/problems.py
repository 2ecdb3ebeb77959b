"""What an error says of the session, and what a session that cannot be used says to a person."""

from dataclasses import replace

from ibdesk.domain.errors import Cause, DeskError, NeedsPerson, Unavailable
from ibdesk.domain.session import SessionFlags, SessionState


def problem_of(state: SessionState) -> DeskError:
    """What a person reads when the broker cannot be asked in this state."""
    match state:
        case SessionState.OFFLINE | SessionState.UNKNOWN:
            return Unavailable(
                "The gateway does not answer.",
                remedy="Start the Client Portal Gateway and try again.",
                cause=Cause.GATEWAY_NOT_RUNNING,
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
            return replace(flags, reachable=True, signed_in=True, authenticated=False, connected=False)
        case Cause.COMPETING_SESSION:
            return replace(flags, reachable=True, signed_in=True, authenticated=False, competing=True)
        case Cause.PENALTY_BOX | Cause.RATE_LIMITED | Cause.MAINTENANCE | Cause.BROKER_ERROR | Cause.BAD_ANSWER:
            return None
        case _:
            return SessionFlags(reachable=False, message=error.message)
