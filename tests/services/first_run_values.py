"""Made-up values for tests of the wizard: a certificate, an account, findings in the order they come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ibdesk.brokers.base import Certificate
from ibdesk.domain.accounts import Account, AccountId, AccountSummary, Environment, MarginType
from ibdesk.domain.compliance.disclosures import Disclosure
from ibdesk.domain.compliance.regime import MarginRegime, Regime, RegimeSource
from ibdesk.domain.market import Delay
from ibdesk.domain.money import USD
from ibdesk.domain.session import SessionFlags
from ibdesk.services.disclosures import parse_disclosure
from ibdesk.services.findings import AccountSeen, AccountsSeen, CertificateSeen, Finding, MarketSeen, SessionSeen
from ibdesk.services.first_run import (
    FirstRun,
    accept_certificate,
    acknowledge,
    begin,
    edit_user_name,
    forward,
    show,
)
from ibdesk.services.first_run_found import apply

NOW = datetime(2026, 11, 20, 17, 48, tzinfo=UTC)
PIN, OTHER_PIN = ":".join(["5F"] * 32), ":".join(["C1"] * 32)
READY = SessionFlags(reachable=True, signed_in=True, authenticated=True, established=True, connected=True)
SIGNED_OUT = SessionFlags(reachable=True)
USER_NAME = "adapaper77"
TEXTS: tuple[Disclosure, ...] = tuple(
    parse_disclosure(f"{number}-{name}", f"version: 2026-11-01\n\n# {name.capitalize()}\n\nYou may lose it all.\n")
    for number, name in enumerate(("options", "margin", "data", "advice"), start=1)
)
CERTIFICATE = Certificate(
    host="localhost", sha256=PIN, subject="CN=Client Portal Web API",
    valid_from=datetime(2019, 2, 10, tzinfo=UTC), valid_until=datetime(2019, 5, 11, tzinfo=UTC),
)
ACCOUNT = Account(id=AccountId("DU1234567"), title="Ada", currency=USD, is_paper=True, margin_type=MarginType.MARGIN)
SUMMARY = AccountSummary(
    account=ACCOUNT.id, currency=USD, as_of=NOW, received_at=NOW, net_liquidation=Decimal(1_000_000),
    buying_power=Decimal(4_000_000), margin_type=MarginType.MARGIN,
)
REGIME = Regime(regime=MarginRegime.UNKNOWN_TRANSITION, source=RegimeSource.DATE)


def fresh(environment: Environment | None = Environment.PAPER) -> FirstRun:
    """The first page."""
    return begin(disclosures=TEXTS, environment=environment)


def fed(state: FirstRun, *findings: Finding) -> FirstRun:
    """The state after these findings."""
    for finding in findings:
        state = apply(state, finding)
    return state


def pinned() -> FirstRun:
    """On the second page, the certificate accepted, the user name typed."""
    state = forward(fresh())
    state = fed(state, CertificateSeen(target=state.target, certificate=CERTIFICATE))
    return edit_user_name(accept_certificate(state, PIN), USER_NAME)


def signed_in() -> FirstRun:
    """On the third page, nothing verified yet."""
    state = pinned()
    return forward(fed(state, SessionSeen(target=state.target, flags=READY, latency_ms=38.0)))


def verified() -> FirstRun:
    """On the third page with every check passed."""
    state = signed_in()
    target = state.target
    return fed(
        state,
        AccountsSeen(target=target, accounts=(ACCOUNT, replace(ACCOUNT, id=AccountId("DU1234568")))),
        AccountSeen(target=target, account=ACCOUNT, summary=SUMMARY, regime=REGIME),
        MarketSeen(target=target, delay=Delay.LIVE, symbol="SPY"),
    )


def acknowledged() -> FirstRun:
    """On the fourth page with every box ticked."""
    state = forward(verified())
    for number, text in enumerate(TEXTS):
        at = NOW + timedelta(seconds=number)
        state = acknowledge(show(state, text.id, at), text.id, at + timedelta(seconds=30))
    return state
