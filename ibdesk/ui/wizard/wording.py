"""How the wizard words environments, checks and the buttons that help."""

from ibdesk.domain.accounts import Environment
from ibdesk.domain.compliance.regime import INTRADAY_FROM, MarginRegime, Regime, RegimeSource
from ibdesk.domain.market import Delay
from ibdesk.domain.session import SessionFlags
from ibdesk.services.findings import Action, CheckId, Outcome
from ibdesk.services.first_run import Facts, FirstRun, Way
from ibdesk.ui import format as fmt

#: (title, what it is) of each environment.
ENVIRONMENTS = {
    Environment.DEMO: (
        "Demo",
        "A pretend broker inside this program. No account, no money, nothing kept: a working desk in ten seconds.",
    ),
    Environment.PAPER: (
        "Paper Trading",
        "IBKR’s practice account: real prices, pretend money. It has a user name of its own.",
    ),
    Environment.LIVE: ("Live Trading", "Your real account, with real money."),
}

#: (title, what it is) of each way to an account.
WAYS = {
    Way.PORTAL: ("Client Portal Gateway", "Positions, market data and orders through IBKR’s web session."),
    Way.TWS: ("TWS or IB Gateway", "Positions, executions and profit and loss streamed as they move."),
}

#: Instead of telling how, where it can be done from here.
START = "Start gateway"
VERBS = {
    Action.START_GATEWAY: "How to start it",
    Action.GATEWAY_HELP: "Gateway help",
    Action.CHANGE_ADDRESS: "Change address",
    Action.ALLOW_REMOTE: "Use it anyway…",
    Action.ACCEPT_CERTIFICATE: "Accept certificate",
    Action.REPLACE_CERTIFICATE: "Compare…",
    Action.SIGN_IN: "Log in",
    Action.TAKE_OVER: "Take over…",
    Action.CHOOSE_ENVIRONMENT: "Choose environment",
    Action.RETRY: "Try again",
}

_PENDING = {
    CheckId.GATEWAY: ("Gateway", "Not looked at yet"),
    CheckId.SIGN_IN: ("Sign-in", "Waits for the gateway"),
    CheckId.ACCOUNT: ("Account", "Reading the account"),
    CheckId.DAY_TRADING: ("Day-trading rules", "Waits for the account"),
    CheckId.MARKET_DATA: ("Market data", "Waits for the account"),
}
_FAILED = {
    CheckId.GATEWAY: "Gateway not reachable",
    CheckId.SIGN_IN: "Not signed in yet",
    CheckId.ACCOUNT: "This account cannot be used",
    CheckId.DAY_TRADING: "Day-trading rules unknown",
    CheckId.MARKET_DATA: "Market data: unknown",
}
_CAUSES = {
    "certificate_unknown": "Is this your gateway?",
    "certificate_changed": "The certificate changed",
    "host_not_loopback": "This gateway is on another computer",
    "gateway_plain_http": "The gateway answers without encryption",
    "not_a_gateway": "This is not a gateway",
    "access_denied": "The gateway refuses this computer",
    "competing_session": "Another program has the session",
    "wrong_environment": "This is the other environment",
    "lite_account": "IBKR Lite is not served by the gateway",
    "penalty_box": "The broker asks for a pause",
    "bad_setting": "That is not an address",
}
_REGIMES = {
    MarginRegime.PDT_LEGACY: "pattern day trader",
    MarginRegime.INTRADAY_MARGIN: "intraday margin",
    MarginRegime.NOT_APPLICABLE: "do not apply",
    MarginRegime.UNLIMITED: "no limit reported",
    MarginRegime.UNKNOWN_TRANSITION: "in transition",
}
_DELAYS = {
    Delay.LIVE: "Prices arrive as they are made",
    Delay.DELAYED: "No live subscription. Prices are 15 minutes late and orders show a warning.",
    Delay.FROZEN: "The market is closed: these are the last prices of the session.",
    Delay.FROZEN_DELAYED: "The market is closed and there is no live subscription: late last prices.",
    Delay.NOT_SUBSCRIBED: "No subscription: the broker sends no prices. Figures rest on its own valuation.",
    Delay.UNKNOWN: "The broker does not say how old its prices are.",
}


def worded(state: FirstRun, check_id: CheckId) -> tuple[str, str]:
    """Title and detail of one check as it stands."""
    check = state.check(check_id)
    if check.message:
        cause = "" if check.cause is None else check.cause.value
        return _CAUSES.get(cause, _FAILED[check_id]), f"{check.message} {check.remedy}".strip()
    if check.outcome is Outcome.PENDING:
        return _PENDING[check_id]
    return _found(state, check_id)


def level(value: int | None) -> str:
    """The options level as the person entered it."""
    return "options level not entered" if value is None else f"options level {value}" if value else "no options"


def fingerprint(sha256: str) -> str:
    """A fingerprint short enough for a line: "5F:2A:…:C1"."""
    pairs = sha256.split(":")
    return sha256 if len(pairs) < 4 else f"{pairs[0]}:{pairs[1]}:…:{pairs[-1]}"


def where(url: str) -> str:
    """An address without its scheme."""
    return url.split("://", 1)[-1]


def regime_detail(regime: Regime) -> str:
    """Who says so, and the broker's own count."""
    left = regime.day_trades_remaining
    reported = (
        "the broker reports no count" if left is None
        else "the broker reports no day-trade limit" if left < 0
        else f"the broker reports {left} day trades left"
    )
    if regime.source is RegimeSource.ACCOUNT_TYPE:
        return "By the kind of account · settlement or portfolio margin decides"
    if regime.source is RegimeSource.SETTING:
        return f"By your setting · {reported}"
    since = f"{INTRADAY_FROM.day} {INTRADAY_FROM:%b %Y}"
    if regime.regime is MarginRegime.UNKNOWN_TRANSITION:
        return f"Old and new rule since {since}, by broker · {reported}"
    return f"Since {since} the intraday margin rule may apply · {reported}"


def _found(state: FirstRun, check_id: CheckId) -> tuple[str, str]:
    facts = state.facts
    match check_id:
        case CheckId.GATEWAY:
            return "Gateway reachable", _gateway(state)
        case CheckId.SIGN_IN:
            return "Signed in", _session(facts.flags)
        case CheckId.ACCOUNT:
            return _account_title(state), _account_detail(facts, state.entries.options_level)
        case CheckId.DAY_TRADING:
            regime = facts.regime
            if regime is None:
                return _PENDING[check_id]
            return f"Day-trading rules: {_REGIMES[regime.regime]}", regime_detail(regime)
        case CheckId.MARKET_DATA:
            delay = facts.delay or Delay.UNKNOWN
            return f"Market data: {delay.value}", f"{_DELAYS[delay]} (asked for {facts.symbol})"


def _gateway(state: FirstRun) -> str:
    pinned = f"certificate pinned {fingerprint(state.pin)}" if state.pin else "not encrypted"
    return " · ".join((state.entries.gateway_url, pinned, fmt.milliseconds(state.facts.latency_ms)))


def _session(flags: SessionFlags | None) -> str:
    if flags is None or not flags.authenticated:
        return "On the gateway’s page · the brokerage session opens in the next step"
    return "Brokerage session active · no competing session"


def _account_title(state: FirstRun) -> str:
    account, summary = state.facts.account, state.facts.summary
    if account is None or summary is None:
        return "Account"
    kind = "Paper" if account.is_paper else "Live"
    margin = summary.margin_type if summary.margin_type.value != "unknown" else account.margin_type
    holder = account.customer_type.capitalize() if account.customer_type else ""
    return " · ".join(
        part for part in (f"Account {account.id}", kind, f"{holder} {margin.value}".strip(), account.currency) if part
    )


def _account_detail(facts: Facts, options_level: int | None) -> str:
    summary = facts.summary
    if summary is None:
        return ""
    return " · ".join((
        f"Net liquidation {fmt.money(summary.net_liquidation, summary.currency)}",
        f"buying power {fmt.money(summary.buying_power, summary.currency)}",
        level(options_level),
    ))
