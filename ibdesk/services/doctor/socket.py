"""What is examined of TWS or IB Gateway from one meeting with it: the documents' list, in the documents' order."""

from collections.abc import Iterator
from datetime import datetime

from ibdesk.brokers.base import ClientIdTaken
from ibdesk.domain.accounts import Environment, masked
from ibdesk.domain.diagnosis import Check, Examined, Fix, Verdict
from ibdesk.domain.errors import Cause
from ibdesk.domain.maintenance import Outage
from ibdesk.domain.sockets import IN_GATEWAY, IN_TWS, Knock, is_this_computer, named, next_second_factor, usual
from ibdesk.services.doctor.sources import counted, found, good, span, unknown
from ibdesk.services.tws_contact import TwsSeen

_WHERE = (IN_TWS, IN_GATEWAY)
_SETTINGS = "in the API settings of TWS or IB Gateway"
_SOCKETS = f"Tick “Enable ActiveX and Socket Clients” {_SETTINGS}, and leave them with OK."


def not_used() -> Examined:
    """Where nobody wants a TWS there is nothing to examine."""
    return good(Check.TWS_ANSWERS, "TWS and IB Gateway are not used; Settings or the wizard connect one.")


def examine(seen: TwsSeen, outage: Outage | None, upcoming: Outage) -> Iterator[Examined]:
    """Every check of this part; what cannot be known yet says why. `outage` is one that is announced and on, `upcoming`
    the next to begin."""
    yield answers(seen, outage)
    yield port(seen)
    yield sockets(seen)
    yield trusted(seen)
    yield firewall(seen)
    yield client_id(seen)
    yield sign_in(seen, outage)
    yield accounts(seen)
    yield positions(seen)
    yield read_only(seen)
    yield outages(seen.at, outage, upcoming)


def answers(seen: TwsSeen, outage: Outage | None = None) -> Examined:
    """1. Does it run and is it signed in? Nobody listens before that. Only what was there and went is explained by an
    announced outage."""
    check, place = Check.TWS_ANSWERS, named(seen.place.host, seen.place.port)
    facts = (f"knock at {place}: {seen.knock.value}",)
    match seen.knock:
        case Knock.GREETED:
            return good(check, f"TWS or IB Gateway answers at {place}.", *facts)
        case Knock.SILENT | Knock.CLOSED:
            return good(check, f"Something takes connections at {place}.", *facts)
        case Knock.STRANGER:
            return found(
                check, Verdict.BAD, f"Another program answers at {place}, not TWS.",
                "Correct the port, or give TWS another one and use that.", *facts, fix=Fix.OPEN_SETTING,
                target="tws_port",
            )
        case Knock.NO_HOST:
            return found(
                check, Verdict.BAD, f"There is no computer called {seen.place.host}.", "Correct the host.", *facts,
                fix=Fix.OPEN_SETTING, target="tws_host",
            )
    if outage is not None and seen.is_lost:
        return found(
            check, Verdict.EXPECTED, f"Nothing answers at {place}. It is {outage.name}, until {outage.ends:%H:%M} UTC.",
            "Wait; the desk connects again by itself. Sign in at TWS if it asks.", *facts, fix=Fix.WAIT,
            target=outage.ends.isoformat(),
        )
    return found(
        check, Verdict.BAD, f"Nothing answers at {place}.", "Start TWS or IB Gateway and sign in there.", *facts,
        fix=None if seen.others else Fix.TWS_HELP,
    )


def port(seen: TwsSeen) -> Examined:
    """2. Is it the port of the program that runs, and of the environment that was chosen?"""
    check, place, chosen = Check.TWS_PORT, seen.place, seen.place.environment
    others = tuple(f"TWS or IB Gateway answers at {named(place.host, each)}" for each in seen.others)
    if seen.knock is not Knock.GREETED:
        fit = [each for each in seen.others if _environment(each) is chosen]
        if fit:
            return found(
                check, Verdict.BAD, f"It answers at {named(place.host, fit[0])} instead.", "Use that port.", *others,
                fix=Fix.USE_PORT, target=str(fit[0]),
            )
        if seen.others:
            return found(
                check, Verdict.BAD,
                f"What answers is {named(place.host, seen.others[0])}, and you chose {chosen.value}.",
                f"Sign in at TWS with the {chosen.value} user name, or choose the other environment.", *others,
                fix=Fix.CONNECT,
            )
        return unknown(check, "It is known when TWS answers: its API settings show the socket port.")
    known = _environment(place.port)
    if known is None or known is chosen or any(each.is_paper is (chosen.value != "live") for each in seen.accounts):
        return good(check, f"Port {place.port} is where it listens.", *others)
    return found(
        check, Verdict.WARN,
        f"{named(place.host, place.port)} is usual for {known.value}, and you chose {chosen.value}.",
        "Look which accounts it names before you go on.", *others,
    )


def sockets(seen: TwsSeen) -> Examined:
    """3. Are socket clients let in? While they are not, nobody listens at the port."""
    check = Check.TWS_SOCKETS
    if seen.knock is Knock.GREETED:
        return good(check, "“Enable ActiveX and Socket Clients” is on.", *_WHERE)
    if seen.knock is Knock.REFUSED and not seen.others:
        return found(
            check, Verdict.WARN, "If TWS runs and is signed in, “Enable ActiveX and Socket Clients” is off.", _SOCKETS,
            *_WHERE, fix=Fix.TWS_HELP,
        )
    return unknown(check, "It is known when TWS answers.")


def trusted(seen: TwsSeen) -> Examined:
    """4. Is this computer one of the trusted addresses? TWS asks a person, or hangs up."""
    check, is_local = Check.TWS_TRUSTED, is_this_computer(seen.place.host)
    ours = "127.0.0.1" if is_local else "this computer’s address"
    if seen.accounts or isinstance(seen.error, ClientIdTaken):
        return good(check, f"TWS accepts {ours}.", *_WHERE)
    if seen.knock is Knock.SILENT:
        return found(
            check, Verdict.BAD,
            "TWS takes the connection and says nothing: it may ask whether to accept this computer.",
            f"Answer its question, or add {ours} to the trusted IPs {_SETTINGS}.", *_WHERE, fix=Fix.TWS_HELP,
        )
    if seen.knock is Knock.CLOSED:
        return found(
            check, Verdict.BAD, "The connection is closed at once: this computer is not trusted there.",
            f"Add {ours} to the trusted IPs {_SETTINGS}; for another computer untick “Allow connections from localhost "
            "only”.", *_WHERE, fix=Fix.TWS_HELP,
        )
    return unknown(check, "It is known when TWS answers.")


def firewall(seen: TwsSeen) -> Examined:
    """5. Does something between the two computers drop what is sent?"""
    check, host = Check.TWS_FIREWALL, seen.place.host
    if seen.knock is Knock.UNREACHED:
        return found(
            check, Verdict.BAD,
            f"Nothing came back from {host}: the computer is off, or a firewall drops the connection.",
            f"Try “ping {host}” in a terminal; then let port {seen.place.port} through both computers’ firewalls.",
            fix=Fix.TWS_HELP,
        )
    if seen.knock is Knock.NO_HOST:
        return unknown(check, "It is known when the host is.")
    if is_this_computer(host):
        return good(check, "TWS is on this computer: nothing is in between.")
    return good(check, f"{host} answers, so no firewall drops the connection.")


def client_id(seen: TwsSeen) -> Examined:
    """Is our number ours alone? (Error 326.)"""
    check, ours = Check.TWS_CLIENT_ID, seen.place.client_id
    if isinstance(seen.error, ClientIdTaken):
        free = seen.error.free
        return found(
            check, Verdict.BAD, f"Client id {seen.error.client_id} is used by another program at this TWS.",
            f"Client id {free} is free, and {free + 1} for orders." if free is not None
            else "Choose another one, or close the program that uses it.",
            "error 326", fix=Fix.OPEN_SETTING if free is None else Fix.USE_CLIENT_ID,
            target="tws_client_id" if free is None else str(free),
        )
    if seen.accounts:
        return good(check, f"Client id {ours} is free for ibdesk; orders use {seen.place.order_client_id}.")
    return unknown(check, f"Client id {ours} was not taken yet.")


def sign_in(seen: TwsSeen, outage: Outage | None = None) -> Examined:
    """Does the broker know TWS? A competing login, a second factor that failed and a lost broker look the same from
    here, and have the same next step (acceptance E25)."""
    check, problem = Check.TWS_SIGN_IN, seen.error
    if seen.knock is not Knock.GREETED or isinstance(problem, ClientIdTaken):
        return unknown(check, "It is known when TWS lets us in.")
    if problem is None:
        return good(check, "TWS is signed in and has its broker.")
    facts = (f"{problem.message} ({problem.cause.value})",)
    if outage is not None:
        return found(
            check, Verdict.EXPECTED, f"TWS has no broker: it is {outage.name}, until {outage.ends:%H:%M} UTC.",
            "Wait; it comes back by itself.", *facts, fix=Fix.WAIT, target=outage.ends.isoformat(),
        )
    if problem.cause in (Cause.COMPETING_SESSION, Cause.BROKERAGE_LOST, Cause.TWS_SILENT, Cause.TIMED_OUT):
        return found(
            check, Verdict.BAD, "TWS answers, but it is not signed in or has lost its broker.",
            "Look at TWS: finish its sign-in, approve the second factor, or answer which of two sessions may stay. A "
            "secondary user keeps others from ending it.", *facts, fix=Fix.AVOID_DISCONNECTS,
        )
    return found(check, Verdict.BAD, problem.message, problem.remedy, *facts, fix=Fix.TWS_HELP)


def accounts(seen: TwsSeen) -> Examined:
    """Are they the accounts of the environment that was chosen?"""
    check, chosen = Check.TWS_ACCOUNTS, seen.place.environment
    if not seen.accounts:
        return unknown(check, "TWS named no account yet.")
    ids = tuple(str(masked(each.id)) for each in seen.accounts)
    wrong = [each for each in seen.accounts if each.is_paper is (chosen.value == "live")]
    if wrong:
        kind = "a paper" if wrong[0].is_paper else "a live"
        other = "live" if wrong[0].is_paper else "paper"
        return found(
            check, Verdict.BAD, f"TWS is signed in with {kind} account, and you chose {chosen.value}.",
            f"Sign in at TWS with the {other} user name, or choose the other environment.", *ids, fix=Fix.CONNECT,
        )
    return good(check, f"{counted(len(ids), 'account')}, {chosen.value}.", *ids)


def positions(seen: TwsSeen) -> Examined:
    """Does anything come? (D18: has the account any, is it the right one, what do the logs say.)"""
    check = Check.TWS_POSITIONS
    if not seen.pictures:
        return unknown(check, "No account was read yet.")
    held = sum(len(each.positions) for each in seen.pictures)
    facts = tuple(f"{masked(each.account)}: {counted(len(each.positions), 'position')}" for each in seen.pictures)
    if held:
        return good(check, f"{counted(held, 'position')} in {counted(len(seen.pictures), 'account')}.", *facts)
    return found(
        check, Verdict.WARN, "TWS is connected and tells of no position.",
        "Look in TWS whether the account holds any, and whether these are its numbers. Its log is under Help, "
        "Troubleshooting; ibdesk’s is in Activity.", *facts, fix=Fix.SHOW_ACTIVITY, target="syncs",
    )


def read_only(seen: TwsSeen) -> Examined:
    """Would TWS take orders? ibdesk has a setting of its own beside it."""
    check = Check.TWS_READ_ONLY
    if seen.is_read_only is None:
        return unknown(check, "TWS was not asked yet.")
    if not seen.is_read_only:
        own = "ibdesk is read-only by its own setting." if seen.place.read_only else "Orders may be sent."
        return good(check, f"“Read-Only API” is off at TWS. {own}", *_WHERE)
    if seen.place.read_only:
        return good(check, "“Read-Only API” is on at TWS: it takes and lists no orders. ibdesk only reads.", *_WHERE)
    return found(
        check, Verdict.WARN, "“Read-Only API” is on at TWS: it takes no orders and lists none.",
        f"Untick it {_SETTINGS} if ibdesk shall send orders.", "error 321", *_WHERE, fix=Fix.TWS_HELP,
    )


def outages(now: datetime, outage: Outage | None, upcoming: Outage) -> Examined:
    """What is announced: the broker's nights, TWS's own restart once a day, the second factor once a week."""
    check = Check.TWS_OUTAGES
    factor = next_second_factor(now)
    facts = (
        f"{upcoming.name}: {upcoming.begins:%a %H:%M} UTC, in {span((upcoming.begins - now).total_seconds())}",
        f"second factor: {factor:%a %H:%M} UTC, in {span((factor - now).total_seconds())}",
        "TWS and IB Gateway restart once a day, when their Configuration says under Lock and Exit",
    )
    if outage is not None:
        left = span((outage.ends - now).total_seconds())
        return found(
            check, Verdict.EXPECTED, f"It is {outage.name}: {left} to go.", "Wait; the desk connects again by itself.",
            *facts, fix=Fix.WAIT, target=outage.ends.isoformat(),
        )
    return good(
        check, f"Next is {upcoming.name}, in {span((upcoming.begins - now).total_seconds())}; the second factor is due "
        f"in {span((factor - now).total_seconds())}.", *facts,
    )


def _environment(port_number: int) -> Environment | None:
    known = usual(port_number)
    return None if known is None else known.environment
