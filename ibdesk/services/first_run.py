"""The wizard as a state machine without widgets: which step follows, what is known, what is still missing.

Charter. What: one frozen `FirstRun`, pure functions from state to state, and findings (`services.connector` fetches
them) that `apply` takes in. Back pops a stack of whole states and keeps what was typed. The passphrase is never here:
the window hands it to wiring at the end. Tried: methods with effects on the state; a late answer then overwrote what
the person had changed meanwhile, so every finding names the target it was made for and a stale one changes nothing.
Would change our mind: a step that cannot be undone before the end.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from ibdesk.brokers.base import Certificate, TwsPlace
from ibdesk.domain.accounts import Account, AccountId, AccountSummary, Environment
from ibdesk.domain.compliance.disclosures import Acknowledgment, Disclosure
from ibdesk.domain.compliance.regime import Regime
from ibdesk.domain.market import Delay
from ibdesk.domain.records import Credentials
from ibdesk.domain.session import SessionFlags
from ibdesk.services.findings import (
    Check,
    CheckId,
    Outcome,
    Target,
    in_pairs,
)
from ibdesk.services.tws_side import TwsSide, missing_to_reach, missing_to_verify

DEFAULT_URL = "https://localhost:5000"
#: Options trading levels a person may enter; 0 is "none" (reference/compliance.md 3.1).
OPTIONS_LEVELS = range(5)
_HOST_AND_PORT = re.compile(r"[\w.-]+:\d+")


class Step(StrEnum):
    """Where the person is."""

    PASSPHRASE = "passphrase"  # noqa: S105 - the name of a page
    ENVIRONMENT = "environment"
    GATEWAY = "gateway"
    VERIFY = "verify"
    TWS = "tws"
    TWS_ACCOUNT = "tws account"
    ACKNOWLEDGE = "acknowledge"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class Way(StrEnum):
    """By which of IBKR's programs an account is reached."""

    PORTAL = "portal"
    TWS = "tws"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What the person entered; Back keeps it. `options_level` None is "not entered"."""

    environment: Environment | None = None
    gateway_url: str = DEFAULT_URL
    user_name: str = ""
    options_level: int | None = None
    account: AccountId | None = None
    allow_remote: bool = False
    way: Way = Way.PORTAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """When a disclosure was put before the person and when it was acknowledged (aware UTC)."""

    disclosure_id: str
    shown_at: datetime
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the gateway told about itself and the chosen account."""

    latency_ms: float | None = None
    flags: SessionFlags | None = None
    accounts: tuple[Account, ...] = ()
    account: Account | None = None
    summary: AccountSummary | None = None
    regime: Regime | None = None
    delay: Delay | None = None
    symbol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRun:
    """All the wizard knows, but no secret. `known` are the connections saved before, for Settings' wizard."""

    step: Step
    entries: Entries = Entries()
    needs_passphrase: bool = False
    has_passphrase: bool = False
    certificate: Certificate | None = None
    pin: str = ""
    facts: Facts = Facts()
    checks: tuple[Check, ...] = ()
    disclosures: tuple[Disclosure, ...] = ()
    ticks: tuple[Tick, ...] = ()
    known: tuple[Credentials, ...] = ()
    default_url: str = DEFAULT_URL
    tws: TwsSide = TwsSide()
    past: tuple["FirstRun", ...] = field(default=(), repr=False)

    @property
    def is_over(self) -> bool:
        return self.step in (Step.FINISHED, Step.CANCELLED)

    @property
    def is_tws(self) -> bool:
        """Whether the account is reached over TWS; the demo's wizard shows its gateway."""
        return self.entries.way is Way.TWS and self.entries.environment is not Environment.DEMO

    @property
    def target(self) -> Target:
        """What the connector should talk to."""
        return Target(
            url=self.entries.gateway_url,
            pin=self.pin,
            environment=self.entries.environment or Environment.PAPER,
            allow_remote=self.entries.allow_remote,
        )

    def check(self, check_id: CheckId) -> Check:
        """The state of one check; pending when it was not looked at."""
        return next((check for check in self.checks if check.id is check_id), Check(id=check_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRunResult:
    """What a finished wizard leaves, saved in one transaction: how a gateway is reached, or where TWS is. `accounts`
    are all that the sign-in sees."""

    account: Account
    accounts: tuple[Account, ...]
    acknowledgments: tuple[Acknowledgment, ...]
    credentials: Credentials | None = None
    tws: TwsPlace | None = None
    allow_remote: bool = False

    @property
    def environment(self) -> Environment:
        """What was connected; a result names a gateway or a TWS."""
        connected = self.credentials or self.tws
        return Environment.PAPER if connected is None else connected.environment

    @property
    def settings(self) -> tuple[tuple[str, str], ...]:
        """Settings to be written, as names and texts: a TWS is kept there, it has no secret."""
        if self.tws is None:
            return ()
        return (
            ("tws_enabled", "true"), ("tws_host", self.tws.host), ("tws_port", str(self.tws.port)),
            ("tws_client_id", str(self.tws.client_id)), ("tws_order_client_id", "0"),
        )  # fmt: skip


def begin(
    *,
    disclosures: tuple[Disclosure, ...],
    needs_passphrase: bool = False,
    environment: Environment | None = None,
    known: tuple[Credentials, ...] = (),
    default_url: str = DEFAULT_URL,
) -> FirstRun:
    """The first state. A new desk asks for a passphrase first, unless it is for the demo."""
    asks = needs_passphrase and environment is not Environment.DEMO
    state = FirstRun(
        step=Step.PASSPHRASE if asks else Step.ENVIRONMENT,
        needs_passphrase=needs_passphrase,
        disclosures=disclosures,
        known=known,
        default_url=default_url,
    )
    return state if environment is None else choose_environment(state, environment)


def passphrase_chosen(state: FirstRun, good: bool) -> FirstRun:
    """Whether a good passphrase stands in both fields; the window keeps it."""
    return replace(state, has_passphrase=good)


def demo_instead(state: FirstRun) -> FirstRun:
    """From the passphrase page straight to the demo, which needs none."""
    return _go(choose_environment(state, Environment.DEMO), Step.ENVIRONMENT)


def choose_environment(state: FirstRun, environment: Environment) -> FirstRun:
    """Another environment means another gateway session: what was found is forgotten, what was saved is offered."""
    if environment is state.entries.environment:
        return state
    saved = next((item for item in state.known if item.environment is environment), None)
    entries = Entries(environment=environment, gateway_url=state.default_url, way=state.entries.way)
    if saved is not None:
        entries = replace(
            entries,
            gateway_url=saved.gateway_url,
            user_name=saved.user_name,
            options_level=saved.options_level,
            account=saved.account,
        )
    pin = in_pairs(saved.certificate_sha256) if saved is not None else ""
    side = replace(state.tws, port=0, seen=None, results=(), account=None, note="")
    return replace(_forgotten(state), entries=entries, pin=pin, ticks=(), tws=side)


def demo_started(
    state: FirstRun, url: str, pin: str, user_name: str, options_level: int | None = None
) -> FirstRun:
    """The demo gateway runs; its certificate is ours, so it is pinned without asking. `options_level` is offered for
    its account, until the person chooses another."""
    chosen = state.entries.options_level
    entries = replace(
        state.entries, gateway_url=url, user_name=state.entries.user_name or user_name,
        options_level=options_level if chosen is None else chosen,
    )  # fmt: skip
    return replace(_forgotten(state), entries=entries, pin=in_pairs(pin))


def edit_address(state: FirstRun, url: str) -> FirstRun:
    """Another gateway address; the certificate and all findings belonged to the old one. `localhost:5000` will do."""
    url = url.strip().rstrip("/")
    if _HOST_AND_PORT.fullmatch(url):
        url = f"https://{url}"
    if url == state.entries.gateway_url:
        return state
    saved = next((item for item in state.known if item.environment is state.entries.environment), None)
    pin = in_pairs(saved.certificate_sha256) if saved is not None and saved.gateway_url == url else ""
    return replace(
        _forgotten(state), entries=replace(state.entries, gateway_url=url, allow_remote=False), pin=pin
    )


def edit_user_name(state: FirstRun, name: str) -> FirstRun:
    return replace(state, entries=replace(state.entries, user_name=name.strip()))


def choose_level(state: FirstRun, level: int | None) -> FirstRun:
    """The options level as the person reads it in Client Portal; brokers publish none."""
    if level is not None and level not in OPTIONS_LEVELS:
        raise ValueError(f"no such options level: {level}")
    return replace(state, entries=replace(state.entries, options_level=level))


def choose_account(state: FirstRun, account: AccountId) -> FirstRun:
    """Another of the accounts; its figures have to be read."""
    if account == state.entries.account:
        return state
    keep = (CheckId.GATEWAY, CheckId.SIGN_IN)
    return replace(
        state,
        entries=replace(state.entries, account=account),
        checks=tuple(check for check in state.checks if check.id in keep),
        facts=replace(state.facts, account=None, summary=None, regime=None, delay=None),
        ticks=(),
    )


def allow_remote(state: FirstRun) -> FirstRun:
    """The person wants a gateway on another computer, having been warned."""
    return replace(_forgotten(state), entries=replace(state.entries, allow_remote=True))


def accept_certificate(state: FirstRun, sha256: str) -> FirstRun:
    """Pin the certificate that was shown; a different one than shown is not accepted."""
    if state.certificate is None or state.certificate.sha256 != sha256:
        return state
    return replace(_forgotten(state), certificate=state.certificate, pin=sha256)


def recheck(state: FirstRun) -> FirstRun:
    """Everything is to be looked at again."""
    return replace(state, checks=(), facts=replace(Facts(), accounts=state.facts.accounts))


def show(state: FirstRun, disclosure_id: str, at: datetime) -> FirstRun:
    """A disclosure came before the person's eyes; the first time counts."""
    if any(tick.disclosure_id == disclosure_id for tick in state.ticks):
        return state
    return replace(state, ticks=(*state.ticks, Tick(disclosure_id=disclosure_id, shown_at=at)))


def acknowledge(state: FirstRun, disclosure_id: str, at: datetime | None) -> FirstRun:
    """Tick or untick (None) a disclosure that was shown."""
    return replace(
        state,
        ticks=tuple(
            replace(tick, acknowledged_at=at) if tick.disclosure_id == disclosure_id else tick for tick in state.ticks
        ),
    )


def missing(state: FirstRun) -> str:
    """What has to happen before Continue, one sentence; "" when nothing."""
    match state.step:
        case Step.PASSPHRASE:
            return "" if state.has_passphrase else "Type a passphrase that is hard to guess, twice."
        case Step.ENVIRONMENT:
            return "" if state.entries.environment is not None else "Choose an environment."
        case Step.GATEWAY:
            return _missing_at_gateway(state)
        case Step.VERIFY:
            return _missing_at_verify(state)
        case Step.TWS:
            return missing_to_reach(state.tws)
        case Step.TWS_ACCOUNT:
            return missing_to_verify(state.tws)
        case Step.ACKNOWLEDGE:
            left = len(unacknowledged(state))
            return f"{left} of {len(state.disclosures)} still to be acknowledged." if left else ""
        case Step.FINISHED | Step.CANCELLED:
            return "The wizard is over."
    assert_never(state.step)


def unacknowledged(state: FirstRun) -> tuple[Disclosure, ...]:
    """The texts without a tick."""
    done = {tick.disclosure_id for tick in state.ticks if tick.acknowledged_at is not None}
    return tuple(text for text in state.disclosures if text.id not in done)


def forward(state: FirstRun) -> FirstRun:
    """The next step, or the same state while something is missing. The last step leads to FINISHED."""
    if missing(state):
        return state
    return _go(state, _following(state))


def back(state: FirstRun) -> FirstRun:
    """The state before this step, with what was typed since."""
    if not state.past or state.is_over:
        return state
    before = state.past[-1]
    if before.entries.environment is not state.entries.environment:
        return before
    return replace(
        before, entries=state.entries, ticks=state.ticks, has_passphrase=state.has_passphrase, tws=state.tws
    )


def cancel(state: FirstRun) -> FirstRun:
    """The end without a trace: nothing that was found or typed stays."""
    return FirstRun(step=Step.CANCELLED, disclosures=state.disclosures)


def _go(state: FirstRun, step: Step) -> FirstRun:
    return replace(state, step=step, past=(*state.past, state))


def _following(state: FirstRun) -> Step:
    match state.step:
        case Step.PASSPHRASE:
            if all(before.step is not Step.ENVIRONMENT for before in state.past):
                return Step.ENVIRONMENT
            return Step.TWS if state.is_tws else Step.GATEWAY
        case Step.ENVIRONMENT:
            needs = state.needs_passphrase and not state.has_passphrase
            if needs and state.entries.environment is not Environment.DEMO:
                return Step.PASSPHRASE
            return Step.TWS if state.is_tws else Step.GATEWAY
        case Step.GATEWAY:
            return Step.VERIFY
        case Step.TWS:
            return Step.TWS_ACCOUNT
        case Step.VERIFY | Step.TWS_ACCOUNT:
            return Step.ACKNOWLEDGE
        case Step.ACKNOWLEDGE:
            return Step.FINISHED
        case Step.FINISHED | Step.CANCELLED:
            return state.step
    assert_never(state.step)


def _forgotten(state: FirstRun) -> FirstRun:
    return replace(state, certificate=None, pin=state.pin, facts=Facts(), checks=())


def _missing_at_gateway(state: FirstRun) -> str:
    if state.check(CheckId.GATEWAY).outcome is not Outcome.PASSED:
        return "The gateway has to answer first."
    if not state.entries.user_name:
        return "Enter the user name you sign in with."
    if state.check(CheckId.SIGN_IN).outcome is not Outcome.PASSED:
        return "Sign in on the gateway’s page."
    return ""


def _missing_at_verify(state: FirstRun) -> str:
    required = (CheckId.GATEWAY, CheckId.SIGN_IN, CheckId.ACCOUNT)
    if any(state.check(name).action is not None for name in CheckId):
        return "One check needs you; its button helps."
    if any(state.check(name).outcome is not Outcome.PASSED for name in required):
        return "The account is being read."
    if state.check(CheckId.MARKET_DATA).outcome is Outcome.PENDING:
        return "Market data is being looked at."
    return ""
