"""What a doctor's examination can find, and which of it answers which complaint."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """How one check ended. EXPECTED is an announced outage; UNKNOWN could not be examined (its evidence says why)."""

    GOOD = "good"
    EXPECTED = "expected"
    WARN = "warn"
    BAD = "bad"
    UNKNOWN = "unknown"


class Check(StrEnum):
    """Everything that is examined, in the order it is told: what the later ones need comes first."""

    SETTINGS = "settings"
    GATEWAY_FOLDER = "gateway folder"
    GATEWAY_CONF = "gateway configuration"
    JAVA = "java"
    GATEWAY_PROCESS = "gateway process"
    PORT_OWNER = "port owner"
    GATEWAY_ANSWERS = "gateway answers"
    ENCRYPTION = "encryption"
    CERTIFICATE = "certificate"
    CLOCK = "clock"
    RATE_BUDGET = "request budget"
    KEEP_ALIVE = "keep-alive"
    SIGN_ON = "sign-on"
    BROKERAGE = "brokerage session"
    COMPETING = "competing session"
    USER_NAME = "user name"
    ACCOUNTS = "accounts"
    SYNC = "sync"
    SYNC_LOG = "sync log"
    STREAM = "live stream"
    ORDERS = "orders"
    VAULT = "vault"
    TWS_ANSWERS = "tws answers"
    TWS_PORT = "tws port"
    TWS_SOCKETS = "tws socket clients"
    TWS_TRUSTED = "tws trusted addresses"
    TWS_FIREWALL = "tws firewall"
    TWS_CLIENT_ID = "tws client id"
    TWS_SIGN_IN = "tws sign-in"
    TWS_ACCOUNTS = "tws accounts"
    TWS_POSITIONS = "tws positions"
    TWS_READ_ONLY = "tws read-only"
    TWS_OUTAGES = "tws outages"


#: What is examined of a TWS or IB Gateway, in the documents' order; all but the first only where one is wanted.
OF_TWS = tuple(each for each in Check if each.name.startswith("TWS_"))


class Fix(StrEnum):
    """The buttons a finding can carry: one word for each thing the desk can do about it. A view words and does them;
    the command line names the verb."""

    START_GATEWAY = "start gateway"
    STOP_GATEWAY = "stop gateway"
    SHOW_GATEWAY_LOG = "show gateway log"
    CHOOSE_FOLDER = "choose gateway folder"
    DOWNLOAD_GATEWAY = "download gateway"
    EDIT_CONF = "edit gateway configuration"
    MOVE_PORT = "use another port"
    GET_JAVA = "get java"
    TRUST_CERTIFICATE = "look at the certificate"
    OPEN_SETTING = "open setting"
    SIGN_IN = "sign in"
    OPEN_BROKERAGE = "open brokerage session"
    TAKE_OVER = "take over"
    CONNECT = "connect"
    SYNC_NOW = "sync now"
    CLEAR_COOKIES = "clear cookies"
    SET_CLOCK = "set clock"
    WAIT = "wait"
    SHOW_ACTIVITY = "show activity"
    CHECK_VAULT = "check vault"
    USE_PORT = "use port"
    USE_CLIENT_ID = "use client id"
    TWS_HELP = "tws help"
    AVOID_DISCONNECTS = "avoid disconnects"


class Complaint(StrEnum):
    """What the documents' trouble lists are called by the people who have the trouble (B69 to B75, A48, C31, C32,
    D17 to D19, E25)."""

    GATEWAY_NOT_RUNNING = "gateway not running"
    NOT_AUTHENTICATED = "not authenticated"
    INVALID_CREDENTIALS = "invalid credentials"
    EXPIRES_OFTEN = "session expires frequently"
    ORDERS_NOT_EXECUTING = "orders not executing"
    NOT_SYNCING = "positions not syncing"
    GATEWAY_TROUBLE = "gateway issues"
    TWS_REFUSED = "tws connection refused"
    TWS_NO_POSITIONS = "no positions from tws"
    TWS_CLIENT_ID = "client id in use"
    TWS_DROPS = "tws disconnects"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One check's result. `statement` is what was found, `evidence` the raw facts behind it (shown in small),
    `advice` the one next step (empty when good), `fix` the button for it, `target` what the button is about
    (a setting's name, a port, a process id as text)."""

    check: Check
    verdict: Verdict
    statement: str
    evidence: tuple[str, ...] = ()
    advice: str = ""
    fix: Fix | None = None
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole examination, in the order of `Check`; `at` is when it ended (aware UTC)."""

    at: datetime
    results: tuple[Examined, ...]

    @property
    def worst(self) -> Verdict:
        """The verdict of the whole."""
        found = {each.verdict for each in self.results}
        order = (Verdict.BAD, Verdict.WARN, Verdict.EXPECTED, Verdict.UNKNOWN)
        return next((verdict for verdict in order if verdict in found), Verdict.GOOD)

    def about(self, complaint: Complaint) -> tuple[Examined, ...]:
        """The checks that answer one complaint, in the documents' order."""
        wanted = ANSWERS[complaint]
        return tuple(each for check in wanted for each in self.results if each.check is check)


#: Which checks the documents name for which trouble, in their order.
ANSWERS: Mapping[Complaint, tuple[Check, ...]] = {
    Complaint.GATEWAY_NOT_RUNNING: (
        Check.GATEWAY_PROCESS, Check.PORT_OWNER, Check.GATEWAY_ANSWERS, Check.ENCRYPTION, Check.GATEWAY_FOLDER,
        Check.JAVA,
    ),
    Complaint.NOT_AUTHENTICATED: (Check.GATEWAY_ANSWERS, Check.SIGN_ON, Check.BROKERAGE, Check.COMPETING),
    Complaint.INVALID_CREDENTIALS: (Check.SETTINGS, Check.USER_NAME, Check.ACCOUNTS),
    Complaint.EXPIRES_OFTEN: (
        Check.KEEP_ALIVE, Check.SIGN_ON, Check.COMPETING, Check.GATEWAY_PROCESS, Check.CLOCK,
    ),
    Complaint.ORDERS_NOT_EXECUTING: (Check.BROKERAGE, Check.ORDERS, Check.ACCOUNTS),
    Complaint.NOT_SYNCING: (
        Check.GATEWAY_ANSWERS, Check.SETTINGS, Check.SYNC_LOG, Check.SIGN_ON, Check.BROKERAGE, Check.SYNC,
    ),
    Complaint.GATEWAY_TROUBLE: (
        Check.GATEWAY_CONF, Check.JAVA, Check.GATEWAY_PROCESS, Check.PORT_OWNER, Check.GATEWAY_ANSWERS,
    ),
    Complaint.TWS_REFUSED: (
        Check.TWS_ANSWERS, Check.TWS_PORT, Check.TWS_SOCKETS, Check.TWS_TRUSTED, Check.TWS_FIREWALL,
    ),
    Complaint.TWS_NO_POSITIONS: (
        Check.TWS_ANSWERS, Check.TWS_SIGN_IN, Check.TWS_POSITIONS, Check.TWS_ACCOUNTS,
    ),
    Complaint.TWS_CLIENT_ID: (Check.TWS_ANSWERS, Check.TWS_CLIENT_ID),
    Complaint.TWS_DROPS: (Check.TWS_ANSWERS, Check.TWS_SIGN_IN, Check.TWS_OUTAGES),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayProcess:
    """The gateway as a process of this computer. `ours` means that ibdesk started it and may stop it; `owner` names
    the program that has the port, whoever it is. `starting` until the port answers."""

    is_running: bool
    ours: bool = False
    starting: bool = False
    pid: int | None = None
    owner: str = ""
    since: datetime | None = None
    port: int | None = None
    detail: str = ""
