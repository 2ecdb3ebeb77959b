"""How checks, verdicts, fixes and complaints read: in the window, and in a report that is copied as text."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ibdesk import __version__
from ibdesk.domain.accounts import AccountId, masked
from ibdesk.domain.diagnosis import OF_TWS, Check, Complaint, Examined, Fix, Report, Verdict
from ibdesk.ui import format as fmt


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A verdict in shape, word and colour; `sign` is the shape in plain text."""

    icon: str
    tone: str
    word: str
    sign: str


MARKS: Mapping[Verdict, Mark] = {
    Verdict.GOOD: Mark(icon="check", tone="gain", word="Good", sign="✓"),
    Verdict.EXPECTED: Mark(icon="info", tone="accent", word="Expected", sign="i"),
    Verdict.WARN: Mark(icon="warn", tone="warn", word="Attention", sign="!"),
    Verdict.BAD: Mark(icon="cross", tone="loss", word="Trouble", sign="✕"),
    Verdict.UNKNOWN: Mark(icon="help", tone="muted", word="Not known", sign="?"),
}

TITLES: Mapping[Check, str] = {
    Check.SETTINGS: "Settings",
    Check.GATEWAY_FOLDER: "Gateway folder",
    Check.GATEWAY_CONF: "conf.yaml",
    Check.JAVA: "Java",
    Check.GATEWAY_PROCESS: "Gateway process",
    Check.PORT_OWNER: "Port",
    Check.GATEWAY_ANSWERS: "Gateway answers",
    Check.ENCRYPTION: "Encryption",
    Check.CERTIFICATE: "Certificate",
    Check.CLOCK: "Clock",
    Check.RATE_BUDGET: "Request budget",
    Check.KEEP_ALIVE: "Keep-alive",
    Check.SIGN_ON: "Sign-on",
    Check.BROKERAGE: "Brokerage session",
    Check.COMPETING: "Competing session",
    Check.USER_NAME: "User name",
    Check.ACCOUNTS: "Accounts",
    Check.SYNC: "Sync",
    Check.SYNC_LOG: "Sync log",
    Check.STREAM: "Live stream",
    Check.ORDERS: "Orders",
    Check.VAULT: "Vault",
    Check.TWS_ANSWERS: "TWS answers",
    Check.TWS_PORT: "Port",
    Check.TWS_SOCKETS: "Socket clients",
    Check.TWS_TRUSTED: "Trusted IPs",
    Check.TWS_FIREWALL: "Firewall",
    Check.TWS_CLIENT_ID: "Client id",
    Check.TWS_SIGN_IN: "Signed in",
    Check.TWS_ACCOUNTS: "Accounts",
    Check.TWS_POSITIONS: "Positions",
    Check.TWS_READ_ONLY: "Read-Only API",
    Check.TWS_OUTAGES: "Restarts",
}

#: The examination in five parts, in the order of `Check`.
GROUPS: tuple[tuple[str, tuple[Check, ...]], ...] = (
    ("On this computer", (
        Check.SETTINGS, Check.GATEWAY_FOLDER, Check.GATEWAY_CONF, Check.JAVA, Check.GATEWAY_PROCESS, Check.PORT_OWNER,
    )),
    ("The connection", (
        Check.GATEWAY_ANSWERS, Check.ENCRYPTION, Check.CERTIFICATE, Check.CLOCK, Check.RATE_BUDGET,
    )),
    ("The session", (
        Check.KEEP_ALIVE, Check.SIGN_ON, Check.BROKERAGE, Check.COMPETING, Check.USER_NAME, Check.ACCOUNTS,
    )),
    ("The desk", (Check.SYNC, Check.SYNC_LOG, Check.STREAM, Check.ORDERS, Check.VAULT)),
    ("TWS and IB Gateway", OF_TWS),
)

#: What a fix's button says. Waiting has none: its advice says how long.
VERBS: Mapping[Fix, str] = {
    Fix.START_GATEWAY: "Start gateway",
    Fix.STOP_GATEWAY: "Stop gateway…",
    Fix.SHOW_GATEWAY_LOG: "Show its log",
    Fix.CHOOSE_FOLDER: "Choose folder…",
    Fix.DOWNLOAD_GATEWAY: "Get the gateway",
    Fix.EDIT_CONF: "Edit conf.yaml…",
    Fix.MOVE_PORT: "Use another port…",
    Fix.GET_JAVA: "Get Java",
    Fix.TRUST_CERTIFICATE: "Look at it…",
    Fix.OPEN_SETTING: "Open setting",
    Fix.SIGN_IN: "Sign in",
    Fix.OPEN_BROKERAGE: "Reconnect",
    Fix.TAKE_OVER: "Take over…",
    Fix.CONNECT: "Connect…",
    Fix.SYNC_NOW: "Sync now",
    Fix.CLEAR_COOKIES: "Clear cookies…",
    Fix.SET_CLOCK: "How to set it",
    Fix.WAIT: "",
    Fix.SHOW_ACTIVITY: "Show activity",
    Fix.CHECK_VAULT: "Check the vault",
    Fix.USE_PORT: "Use that port",
    Fix.USE_CLIENT_ID: "Use the free one",
    Fix.TWS_HELP: "Where that is",
    Fix.AVOID_DISCONNECTS: "Avoid disconnects",
}

#: (title, what the documents say about it in one sentence) of each complaint.
COMPLAINTS: Mapping[Complaint, tuple[str, str]] = {
    Complaint.GATEWAY_NOT_RUNNING: (
        "Gateway not running", "Does it run, at this host and port, and do both sides agree on encryption?",
    ),
    Complaint.NOT_AUTHENTICATED: (
        "Not authenticated", "Sign in on the gateway’s page, finish the second factor, and do it anew when it expired.",
    ),
    Complaint.INVALID_CREDENTIALS: (
        "Invalid credentials",
        "The user name has to fit the environment: a paper account has its own. Client Portal shows it under Settings.",
    ),
    Complaint.EXPIRES_OFTEN: (
        "Session expires frequently",
        "The session lives while it is tickled, the gateway stays up, and its sign-in page may keep cookies.",
    ),
    Complaint.ORDERS_NOT_EXECUTING: (
        "Orders not executing", "A check may have stopped it, a question may wait for you, or the broker says why.",
    ),
    Complaint.NOT_SYNCING: (
        "Positions not syncing", "Gateway running, variables set, what the sync log says, signed in: in this order.",
    ),
    Complaint.GATEWAY_TROUBLE: (
        "Gateway issues", "Its log, its Java, its configuration; then start it anew and clear its cookies.",
    ),
    Complaint.TWS_REFUSED: (
        "TWS connection refused",
        "Running and signed in, host and port, socket clients, trusted addresses, firewalls: in this order.",
    ),
    Complaint.TWS_NO_POSITIONS: (
        "No positions from TWS", "Does the account hold any, is it the right account, and what do the logs say?",
    ),
    Complaint.TWS_CLIENT_ID: (
        "Client id in use", "Every program at the same TWS needs a client id of its own.",
    ),
    Complaint.TWS_DROPS: (
        "TWS disconnects",
        "A user name has one session, TWS restarts once a day, and once a week it asks for the second factor.",
    ),
}

_ACCOUNT = re.compile(r"\b[A-Z]{1,2}\d{5,9}\b")


def verb(examined: Examined) -> str:
    """What the finding's button says; "" without one."""
    return "" if examined.fix is None else VERBS[examined.fix]


def worst_of(results: Sequence[Examined]) -> Verdict | None:
    """The verdict of some findings; None of none."""
    order = (Verdict.BAD, Verdict.WARN, Verdict.EXPECTED, Verdict.UNKNOWN, Verdict.GOOD)
    found = {each.verdict for each in results}
    return next((verdict for verdict in order if verdict in found), None)


def in_the_demo(each: Examined) -> Examined:
    """A finding on the demo's gateway, which is no program in a folder: it is started again, and that is all."""
    if each.check in (Check.GATEWAY_FOLDER, Check.GATEWAY_CONF):
        what = "folder" if each.check is Check.GATEWAY_FOLDER else "conf.yaml"
        return replace(
            each, verdict=Verdict.GOOD, statement=f"The demo’s gateway needs no {what}.", advice="", fix=None
        )
    if each.fix is Fix.CHOOSE_FOLDER:
        return replace(each, advice="Start it again, as you would start the real one.", fix=Fix.START_GATEWAY)
    return each


def headline(results: Sequence[Examined]) -> tuple[str, str]:
    """What all of it comes to: a title and a sentence."""
    worst = worst_of(results)
    first = next((each for each in results if each.verdict is worst), None)
    count = sum(each.verdict is worst for each in results)
    if first is None:
        return "Nothing was examined yet", "Examine looks at the gateway, the session and the desk; it changes nothing."
    if worst is Verdict.GOOD:
        return "All is well", f"{count} checks, and none found anything to do."
    if worst is Verdict.UNKNOWN:
        well = sum(each.verdict is Verdict.GOOD for each in results)
        if not well:
            return f"{count} of {len(results)} checks could not be made", first.statement
        names = ", ".join(TITLES[each.check] for each in results if each.verdict is Verdict.UNKNOWN)
        return "Nothing wrong was found", f"{well} checks are good; {count} could not be made: {names}."
    others = sum(each.verdict in (Verdict.BAD, Verdict.WARN) for each in results) - 1
    more = "" if others < 1 else f"And {others} more to look at below."
    return first.statement, " ".join(part for part in (first.advice, more) if part)


def as_text(report: Report) -> str:
    """The report for an e-mail or a notebook, without whole account numbers."""
    lines = [f"ibdesk {__version__} · doctor · {fmt.moment(report.at)} UTC", headline(report.results)[0], ""]
    for each in report.results:
        lines.append(f"{MARKS[each.verdict].sign} {TITLES[each.check]}: {each.statement}")
        lines.extend(f"    {fact}" for fact in each.evidence)
        if each.advice:
            lines.append(f"    → {each.advice}")
    return _ACCOUNT.sub(lambda found: masked(AccountId(found[0])), "\n".join(lines)) + "\n"
