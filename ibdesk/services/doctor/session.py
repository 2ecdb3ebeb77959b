"""What is examined of the session: is it kept alive, is somebody signed in, is the brokerage session up, and whose."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from ibdesk.domain.accounts import Account, Environment, masked
from ibdesk.domain.diagnosis import Check, Examined, Fix, Verdict
from ibdesk.domain.maintenance import Outage
from ibdesk.domain.records import Credentials, SessionRecord
from ibdesk.domain.session import TICKLE_DEAD, TICKLE_LATE, Session, SessionState
from ibdesk.services.doctor.contact import Contact
from ibdesk.services.doctor.sources import counted, expected, found, good, span, unknown

CHECKS = (
    Check.KEEP_ALIVE, Check.SIGN_ON, Check.BROKERAGE, Check.COMPETING, Check.USER_NAME, Check.ACCOUNTS,
)  # fmt: skip
_READY = (SessionState.READY.value, SessionState.EXPIRING.value)
_LOST = (
    SessionState.SIGNED_OUT.value, SessionState.BROKERAGE_LOST.value, SessionState.OFFLINE.value,
    SessionState.STRANGER.value,
)  # fmt: skip
#: How far back the history is read for lost sessions, and how many losses are often.
LOOK_BACK = timedelta(hours=24)
OFTEN = 3
_COOKIES = "The gateway keeps one set of cookies for everybody; its page /clear empties it."


def examine(
    contact: Contact, session: Session | None, history: Sequence[SessionRecord], known: Credentials | None,
    accounts: Sequence[Account], outage: Outage | None, environment: Environment,
) -> Iterator[Examined]:  # fmt: skip
    """Every check of this part."""
    yield keep_alive(contact, session, history)
    if not contact.is_told:
        yield from (unknown(check, "The gateway told nothing of it.") for check in CHECKS[1:5])
        yield seen_accounts(contact, accounts, known)
        return
    yield sign_on(contact, outage)
    yield brokerage(contact, outage)
    yield competing(contact)
    yield user_name(contact, known, environment)
    yield seen_accounts(contact, accounts, known)


def keep_alive(contact: Contact, session: Session | None, history: Sequence[SessionRecord]) -> Examined:
    """When the session was last kept alive, the longest pause, and how often it was lost in a day."""
    check, now = Check.KEEP_ALIVE, contact.at
    recent = [each for each in history if now - LOOK_BACK <= each.at <= now + LOOK_BACK]
    last = session.last_tickle if session is not None and session.last_tickle is not None else None
    last = last or next((each.last_tickle for each in recent if each.last_tickle is not None), None)
    losses, pause = lost(recent), longest_pause(recent)
    facts = (
        f"last keep-alive {'—' if last is None else f'{last:%Y-%m-%d %H:%M:%S} UTC'}",
        f"longest pause {'—' if pause is None else span(pause.total_seconds())} in 24 h",
        f"lost {counted(losses, 'time')} in 24 h", _COOKIES,
    )  # fmt: skip
    age = None if last is None else now - last
    is_ready = contact.flags is not None and contact.flags.authenticated
    if is_ready and session is not None and session.is_ready and age is not None and age >= TICKLE_LATE:
        return found(
            check, Verdict.BAD if age >= TICKLE_DEAD else Verdict.WARN,
            f"The session was kept alive {span(age.total_seconds())} ago; it is forgotten after about six minutes.",
            "Keep ibdesk running and this computer awake while you need the session.", *facts,
        )
    if losses >= OFTEN:
        return found(
            check, Verdict.WARN, f"The session was lost {losses} times within a day.",
            "Use a second user name for ibdesk, keep the gateway running, and clear its cookies before you sign in.",
            *facts, fix=Fix.CLEAR_COOKIES, target=f"{contact.connection.url.rstrip('/')}/clear",
        )
    if last is None:
        return unknown(check, "No session was kept alive yet.", *facts)
    return good(check, f"The session was last kept alive {span(max(0.0, (now - last).total_seconds()))} ago.", *facts)


def lost(history: Sequence[SessionRecord]) -> int:
    """How often a session that was ready was so no more; newest first."""
    return sum(later.status in _LOST and earlier.status in _READY for later, earlier in pairwise(history))


def longest_pause(history: Sequence[SessionRecord]) -> timedelta | None:
    """The longest time between two keep-alives of one stretch of being ready; newest first."""
    last: datetime | None = None
    longest: timedelta | None = None
    for each in reversed(history):
        if each.status not in _READY or each.last_tickle is None:
            last = None
            continue
        if last is not None and each.last_tickle > last:
            pause = each.last_tickle - last
            longest = pause if longest is None else max(longest, pause)
        last = each.last_tickle
    return longest


def sign_on(contact: Contact, outage: Outage | None) -> Examined:
    """Whether somebody is signed in at the gateway."""
    check, flags = Check.SIGN_ON, contact.flags
    facts = _flags(contact)
    if flags is not None and (flags.signed_in or flags.authenticated):
        return good(check, "Somebody is signed in at the gateway.", *facts)
    if outage is not None:
        return expected(check, outage, "Nobody is signed in.", *facts)
    return found(
        check, Verdict.BAD, "Nobody is signed in at the gateway, or the sign-in has ended.",
        "Open the gateway's page, sign in and confirm the second factor.", *facts, fix=Fix.SIGN_IN,
    )


def brokerage(contact: Contact, outage: Outage | None) -> Examined:
    """Whether the brokerage session is open."""
    check, flags = Check.BROKERAGE, contact.flags
    facts = _flags(contact)
    if flags is None or not (flags.signed_in or flags.authenticated):
        return unknown(check, "It comes after the sign-in.", *facts)
    if flags.competing:
        return found(
            check, Verdict.BAD, "The brokerage session belongs to another program.",
            "Sign out there, or take the session over.", *facts, fix=Fix.TAKE_OVER,
        )
    if flags.authenticated and flags.established:
        return good(check, "The brokerage session is open.", *facts)
    if outage is not None:
        return expected(check, outage, "The brokerage session is closed.", *facts)
    if flags.authenticated or flags.connected:
        return found(
            check, Verdict.WARN, "The brokerage session is coming up.",
            "Wait a moment; after half a minute sign in anew.", *facts, fix=Fix.WAIT,
        )
    return found(
        check, Verdict.BAD, "You are signed in, but the brokerage session is lost.",
        "Open it again; if that does not help, sign in anew.", *facts, fix=Fix.OPEN_BROKERAGE,
    )


def competing(contact: Contact) -> Examined:
    """Whether another program uses the same user name."""
    flags = contact.flags
    if flags is not None and flags.competing:
        return found(
            Check.COMPETING, Verdict.BAD, "Another program uses this user name (TWS, mobile or a browser).",
            "Sign out there, or take the session over, which ends the other one.", *_flags(contact), fix=Fix.TAKE_OVER,
        )
    if flags is None or not (flags.signed_in or flags.authenticated):
        return unknown(Check.COMPETING, "Nobody is signed in, so nobody competes.")
    return good(Check.COMPETING, "No other program competes for the session.")


def user_name(contact: Contact, known: Credentials | None, environment: Environment) -> Examined:
    """Whether the right user name is signed in for this environment. Names themselves are not told."""
    check, flags, who = Check.USER_NAME, contact.flags, contact.who
    told = None if who is None else who.is_paper
    is_paper = flags.is_paper if told is None and flags is not None else told
    if is_paper is not None and environment is not Environment.DEMO and is_paper == (environment is Environment.LIVE):
        signed_in, wanted = ("paper", "live") if is_paper else ("live", "paper")
        return found(
            check, Verdict.BAD, f"A {signed_in} user is signed in, and this desk is for {wanted} trading.",
            "Sign out at the gateway and sign in with the right user name: paper has its own, shown in Client Portal "
            "(Account Management) under Settings, Paper Trading Account.",
            f"environment {environment.value}", f"the gateway says {signed_in}", fix=Fix.SIGN_IN,
        )
    if who is not None and known is not None and known.user_name and who.user_name:
        if who.user_name.lower() != known.user_name.lower():
            return found(
                check, Verdict.WARN, "Another user name is signed in than the one you entered for this environment.",
                "Sign in with the user name you meant, or change it under Settings.", "the names differ",
                fix=Fix.SIGN_IN,
            )
        return good(check, "The user name you entered is signed in.", f"environment {environment.value}")
    if is_paper is None:
        return unknown(check, "The gateway does not say who is signed in.", f"environment {environment.value}")
    kind = "paper" if is_paper else "live"
    return good(check, f"A {kind} user is signed in, which fits.", f"environment {environment.value}")


def seen_accounts(contact: Contact, stored: Sequence[Account], known: Credentials | None) -> Examined:
    """Which accounts the sign-in can see, and whether the chosen one is among them."""
    check = Check.ACCOUNTS
    seen = contact.accounts or tuple(stored)
    facts = tuple(f"{masked(each.id)} {'paper' if each.is_paper else 'live'}" for each in seen)
    if not seen:
        return unknown(check, "No account was seen yet.")
    if contact.accounts and known is not None and known.account not in {each.id for each in contact.accounts}:
        return found(
            check, Verdict.BAD, f"The account {masked(known.account)} is not among those this sign-in can see.",
            "Sign in with the user name that has it, or choose another account.", *facts, fix=Fix.CONNECT,
        )
    lite = [each for each in seen if each.lite]
    if lite:
        return found(
            check, Verdict.BAD, "An IBKR Lite account is connected, and the gateway serves IBKR Pro accounts only.",
            "Change it to IBKR Pro in Client Portal, under Settings.", *facts, fix=Fix.CONNECT,
        )
    whence = "" if contact.accounts else " when it was last asked"
    return good(check, f"The sign-in can see {counted(len(seen), 'account')}{whence}.", *facts)


def _flags(contact: Contact) -> tuple[str, ...]:
    flags = contact.flags
    if flags is None:
        return ()
    told = (
        f"signed in {flags.signed_in}, authenticated {flags.authenticated}, established {flags.established}, "
        f"connected {flags.connected}, competing {flags.competing}"
    )
    return (told.lower(), *filter(None, [flags.message]))
