"""Every way a journey can stop, sorted by who has to act next.

DeskError(message, remedy, cause)
├── NeedsPerson    sign in, competing session, changed certificate, passphrase
├── Unavailable    gateway down, rate limited, maintenance            (retry_at)
├── Refused        final: the broker or the vault said no
└── BadData        an answer that cannot be read                      (raw kept aside)

`cause` is the machine's word for the same fact: wizards, tests and `--json` read it, people read `message`.
"""

from datetime import datetime
from enum import StrEnum


class Cause(StrEnum):
    """What happened, one word for each remedy."""

    GATEWAY_NOT_RUNNING = "gateway_not_running"
    GATEWAY_PLAIN_HTTP = "gateway_plain_http"
    NOT_A_GATEWAY = "not_a_gateway"
    ACCESS_DENIED = "access_denied"
    CERTIFICATE_UNKNOWN = "certificate_unknown"
    CERTIFICATE_CHANGED = "certificate_changed"
    HOST_NOT_LOOPBACK = "host_not_loopback"
    NOT_AUTHENTICATED = "not_authenticated"
    BROKERAGE_LOST = "brokerage_lost"
    COMPETING_SESSION = "competing_session"
    WRONG_ENVIRONMENT = "wrong_environment"
    LITE_ACCOUNT = "lite_account"
    UNKNOWN_ACCOUNT = "unknown_account"
    TIMED_OUT = "timed_out"
    PENALTY_BOX = "penalty_box"
    RATE_LIMITED = "rate_limited"
    MAINTENANCE = "maintenance"
    BROKER_ERROR = "broker_error"
    BAD_ANSWER = "bad_answer"
    NOTHING_FOUND = "nothing_found"
    WRONG_PASSPHRASE = "wrong_passphrase"  # noqa: S105 - the name of an error, not a secret
    WEAK_PASSPHRASE = "weak_passphrase"  # noqa: S105
    VAULT_MISSING = "vault_missing"
    VAULT_EXISTS = "vault_exists"
    VAULT_DAMAGED = "vault_damaged"
    VAULT_NEWER = "vault_newer"
    VAULT_IN_USE = "vault_in_use"
    VAULT_CLOSED = "vault_closed"
    KEY_OLD = "key_old"
    FOLDER_READ_ONLY = "folder_read_only"
    DISK_FULL = "disk_full"
    FILE_EXISTS = "file_exists"
    BAD_SETTING = "bad_setting"
    BAD_CONTRACT = "bad_contract"
    OUTCOME_UNKNOWN = "outcome_unknown"
    ORDER_REFUSED = "order_refused"
    ORDER_UNKNOWN = "order_unknown"
    QUESTION_STALE = "question_stale"
    QUESTION_BUSY = "question_busy"
    READ_ONLY = "read_only"
    CLIENT_ID_IN_USE = "client_id_in_use"
    TWS_REFUSED = "tws_refused"
    TWS_SILENT = "tws_silent"
    TWS_GONE = "tws_gone"
    TWS_TOO_OLD = "tws_too_old"
    FLEX_TOKEN = "flex_token"  # noqa: S105 - expired, replaced or missing
    FLEX_QUERY = "flex_query"
    FLEX_ADDRESS = "flex_address"
    FLEX_OFF = "flex_off"
    FLEX_NOT_READY = "flex_not_ready"
    FLEX_NO_STATEMENT = "flex_no_statement"
    FLEX_UNREACHABLE = "flex_unreachable"


class DeskError(Exception):
    """A journey stopped; `message` says what happened and `remedy` the one next step."""

    def __init__(self, message: str, *, remedy: str, cause: Cause) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.cause = cause


class NeedsPerson(DeskError):  # noqa: N818 - named by who acts next
    """Only a person can go on from here."""


class Unavailable(DeskError):  # noqa: N818
    """It may work later; `retry_at` (aware UTC) says when, or None for as soon as you like."""

    def __init__(self, message: str, *, remedy: str, cause: Cause, retry_at: datetime | None = None) -> None:
        super().__init__(message, remedy=remedy, cause=cause)
        self.retry_at = retry_at


class Refused(DeskError):  # noqa: N818
    """The answer is no, and asking again will not change it."""


class BadData(DeskError):  # noqa: N818
    """What came back cannot be read; the first bytes are kept in `raw`, never in `message`."""

    def __init__(self, message: str, *, remedy: str, cause: Cause, raw: bytes = b"") -> None:
        super().__init__(message, remedy=remedy, cause=cause)
        self.raw = raw[:4096]
