"""What the meeting with the gateway says of the way there: does it answer, encrypted, with which certificate; whose
clock is right; is there budget left."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from ibdesk.domain.accounts import Environment
from ibdesk.domain.calls import ApiCall
from ibdesk.domain.diagnosis import Check, Examined, Fix, GatewayProcess, Verdict
from ibdesk.domain.errors import Cause
from ibdesk.domain.maintenance import Outage
from ibdesk.domain.settings import Settings
from ibdesk.services.doctor.contact import Contact
from ibdesk.services.doctor.forwarding import beside, is_forwarder, port_of
from ibdesk.services.doctor.sources import counted, expected, found, good, span, unknown
from ibdesk.services.findings import in_pairs, is_encrypted

CHECKS = (Check.GATEWAY_ANSWERS, Check.ENCRYPTION, Check.CERTIFICATE, Check.CLOCK, Check.RATE_BUDGET)
#: More than this and candles, ages and time limits look wrong; more than a minute and sign-ins fail.
SKEW_WARNS, SKEW_HARMS = timedelta(seconds=5), timedelta(seconds=60)
_LOCKED_OUT = (Cause.PENALTY_BOX, Cause.RATE_LIMITED)


def examine(
    contact: Contact, process: GatewayProcess, outage: Outage | None, settings: Settings
) -> Iterator[Examined]:  # fmt: skip
    """Every check of this part."""
    if not contact.is_asked:
        yield from (unknown(check, "Interactive Brokers is switched off, so nothing was asked.") for check in CHECKS)
        return
    yield answers(contact, process, outage, settings)
    yield encryption(contact)
    yield certificate(contact)
    yield clock(contact)
    yield budget(contact)


def answers(contact: Contact, process: GatewayProcess, outage: Outage | None, settings: Settings) -> Examined:
    """Whether there is a gateway at the address, and what stands in the way."""
    check, url, facts = Check.GATEWAY_ANSWERS, contact.connection.url, _calls(contact)
    if contact.is_told and contact.cause is None:
        took = next((call.milliseconds for call in reversed(contact.calls) if call.outcome == "ok"), None)
        return good(check, f"The gateway answers{'' if took is None else f' in {took} ms'}.", *facts)
    match contact.cause:
        case Cause.GATEWAY_NOT_RUNNING if contact.certificate is not None:
            return found(
                check, Verdict.BAD, f"What listens at {url} closes the connection without an answer.",
                "The encryption does not match; see below.", *facts, fix=Fix.OPEN_SETTING, target="gateway_ssl",
            )
        case Cause.GATEWAY_NOT_RUNNING:
            return _silent(contact, process, facts, settings)
        case Cause.TIMED_OUT:
            if outage is not None:
                return expected(check, outage, "The gateway waits for Interactive Brokers.", *facts)
            return found(
                check, Verdict.BAD, "The gateway takes our call and does not answer: it cannot reach "
                "Interactive Brokers.", "Check the internet connection; if it is up, stop and start the gateway.",
                *facts, fix=Fix.SHOW_GATEWAY_LOG,
            )
        case Cause.ACCESS_DENIED:
            return found(
                check, Verdict.BAD, "The gateway refuses this computer (404 Access Denied): its list of addresses does "
                "not hold 127.0.0.1.", "Add 127.0.0.1 to ips.allow in conf.yaml and start the gateway again.", *facts,
                fix=Fix.EDIT_CONF, target="ips.allow",
            )
        case Cause.HOST_NOT_LOOPBACK:
            return found(
                check, Verdict.BAD, "Nothing was asked: the gateway would be on another computer.",
                "Use a gateway on this computer.", f"address: {url}", fix=Fix.OPEN_SETTING, target="gateway_host",
            )
        case Cause.MAINTENANCE | Cause.BROKER_ERROR if outage is not None:
            return expected(check, outage, "The gateway answers; Interactive Brokers does not.", *facts)
        case Cause.GATEWAY_PLAIN_HTTP | Cause.NOT_A_GATEWAY:
            return _other(contact, process, facts)
        case _ if contact.is_untrusted:
            return unknown(check, "Something answers, and nothing was sent to it: its certificate is not trusted.")
        case cause if cause in _LOCKED_OUT:
            return unknown(check, "It was not asked: the request budget forbids it now.", *facts)
    message = contact.error.message if contact.error is not None else "The gateway's answer could not be read."
    advice = contact.error.remedy if contact.error is not None else "Read the gateway's log."
    return found(check, Verdict.WARN, message, advice, *facts, fix=Fix.SHOW_GATEWAY_LOG)


def _silent(contact: Contact, process: GatewayProcess, facts: tuple[str, ...], settings: Settings) -> Examined:
    check, url = Check.GATEWAY_ANSWERS, contact.connection.url
    if process.starting:
        return found(
            check, Verdict.WARN, "The gateway is starting and does not answer yet.", "Wait a moment.", *facts,
            fix=Fix.WAIT,
        )
    if process.is_running and process.port is not None and process.port != port_of(url):
        return beside(check, Verdict.BAD, process.port, url, settings, *facts)
    if process.owner and not process.is_running:
        return _other(contact, process, facts)
    return found(
        check, Verdict.BAD, f"Nothing answers at {url}.", "Start the gateway, or correct host and port in Settings.",
        *facts, fix=Fix.START_GATEWAY,
    )


def _other(contact: Contact, process: GatewayProcess, facts: tuple[str, ...]) -> Examined:
    check, url = Check.GATEWAY_ANSWERS, contact.connection.url
    if contact.cause is Cause.GATEWAY_PLAIN_HTTP and (process.is_running or not process.owner):
        return found(
            check, Verdict.BAD, f"What answers at {url} does not encrypt.", "The encryption does not match; see below.",
            *facts, fix=Fix.EDIT_CONF, target="listenSsl",
        )
    if is_forwarder(process):
        return found(
            check, Verdict.BAD, f"{process.owner} answers at {url} and passes it on, and no gateway answers behind it.",
            "Start the gateway where it leads to.", *facts,
        )
    who = process.owner or "Another program"
    return found(
        check, Verdict.BAD, f"{who} answers at {url}, and it is no gateway.",
        "Give the gateway another port, or end that program.", *facts, fix=Fix.MOVE_PORT,
        target=str(port_of(url)),
    )


def encryption(contact: Contact) -> Examined:
    """Whether both sides mean the same: TLS or not."""
    check, url = Check.ENCRYPTION, contact.connection.url
    if is_encrypted(url):
        if contact.certificate is not None:
            return good(check, "The connection to the gateway is encrypted.", url)
        if contact.cause is Cause.GATEWAY_PLAIN_HTTP:
            return found(
                check, Verdict.BAD, "ibdesk encrypts and the gateway does not.",
                "Set listenSsl: true in conf.yaml and start the gateway again.", url, fix=Fix.EDIT_CONF,
                target="listenSsl",
            )
        return unknown(check, "Nothing answered, so nothing could be encrypted.", url)
    if contact.certificate is not None:
        return found(
            check, Verdict.BAD, "The gateway encrypts and ibdesk does not.",
            "Turn on “Encrypt the connection to the gateway” in Settings.", url, fix=Fix.OPEN_SETTING,
            target="gateway_ssl",
        )
    if contact.is_told:
        return found(
            check, Verdict.WARN, "Account data crosses to the gateway in clear.",
            "Set listenSsl: true in conf.yaml and turn on encryption in Settings.", url, fix=Fix.EDIT_CONF,
            target="listenSsl",
        )
    return unknown(check, "Nothing answered, so nothing could be encrypted.", url)


def certificate(contact: Contact) -> Examined:
    """Whether it is the gateway a person trusted."""
    check, shown, pin = Check.CERTIFICATE, contact.certificate, contact.connection.certificate_sha256
    if shown is None:
        return unknown(check, "No certificate was shown.")
    dates = f"valid {shown.valid_from:%Y-%m-%d} to {shown.valid_until:%Y-%m-%d} (the gateway's own is long expired)"
    facts = (f"shown {shown.sha256}", shown.subject, dates)
    if not pin:
        return found(
            check, Verdict.WARN, "The gateway's certificate was not looked at and trusted yet.",
            "Look at it, and trust it if you started this gateway.", *facts, fix=Fix.TRUST_CERTIFICATE,
        )
    if in_pairs(pin) != in_pairs(shown.sha256):
        return found(
            check, Verdict.BAD, "The certificate is not the one you trusted. Nothing was sent.",
            "If you replaced the gateway, compare and trust it; else find out what listens there.",
            *facts, f"trusted {in_pairs(pin)}", fix=Fix.TRUST_CERTIFICATE,
        )
    return good(check, "The certificate is the one you trusted.", *facts)


def clock(contact: Contact) -> Examined:
    """How far this computer's clock is from the one in the answers; the demo's is dialled, and says nothing of it."""
    skews = [skew for call in contact.calls if (skew := _skew(call)) is not None]
    if not skews:
        return unknown(Check.CLOCK, "No answer told the time.")
    skew = min(skews, key=abs)
    facts = (f"difference {skew.total_seconds():+.1f} s, from {counted(len(skews), 'answer')} told in whole seconds",)
    if abs(skew) <= SKEW_WARNS:
        return good(Check.CLOCK, "This computer's clock is right.", *facts)
    if contact.connection.environment is Environment.DEMO:
        return unknown(Check.CLOCK, "The demo keeps a time of its own, so it cannot tell.", *facts)
    way = "behind" if skew > timedelta() else "ahead"
    return found(
        Check.CLOCK, Verdict.BAD if abs(skew) > SKEW_HARMS else Verdict.WARN,
        f"This computer's clock is {span(abs(skew).total_seconds())} {way}.",
        "Let the system set its clock by itself (date and time settings).", *facts, fix=Fix.SET_CLOCK,
    )


def _skew(call: ApiCall) -> timedelta | None:
    """Their clock minus ours at the middle of the call; a whole second means its middle."""
    if call.told_at is None:
        return None
    ours: datetime = call.at + timedelta(milliseconds=call.milliseconds / 2)
    return call.told_at + timedelta(seconds=0.5) - ours


def budget(contact: Contact) -> Examined:
    """Whether requests may be sent."""
    check, rate = Check.RATE_BUDGET, contact.rate
    if rate is None:
        return unknown(check, "Nothing was sent, so nothing was counted.")
    facts = (f"{rate.per_second:.0f} of {rate.limit} requests in the last second", f"{rate.waiting} waiting")
    if rate.boxed_until is not None and rate.boxed_until > contact.at:
        return found(
            check, Verdict.BAD, f"The broker locked us out until {rate.boxed_until:%H:%M:%S} UTC: too many requests.",
            "Wait; nothing is sent before. Close other programs that use the same user name.", *facts, fix=Fix.WAIT,
            target=rate.boxed_until.isoformat(),
        )
    return good(check, "There is room in the request budget.", *facts)


def _calls(contact: Contact) -> tuple[str, ...]:
    return tuple(
        f"{call.method} {call.path}: {call.status or 'no answer'}, {call.outcome}, {call.milliseconds} ms"
        for call in contact.calls
    )
