"""How orders are typed: the verbs `order …` and `kill`, their options, and the text of prices, legs and trails."""

import argparse
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from ibdesk.cli.door import in_desk
from ibdesk.domain.accounts import AccountId, looks_like_account
from ibdesk.domain.compliance.verdict import Code
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderType, Side, TimeInForce, Trail

#: As traders and the documents spell them.
TYPES = {
    "MKT": OrderType.MARKET, "LMT": OrderType.LIMIT, "STP": OrderType.STOP, "STP_LMT": OrderType.STOP_LIMIT,
    "TRAIL": OrderType.TRAILING, "MOC": OrderType.MARKET_ON_CLOSE, "LOC": OrderType.LIMIT_ON_CLOSE,
}  # fmt: skip
MODES = (Mode.DEMO, Mode.LOCAL_PAPER, Mode.IBKR_PAPER, Mode.IBKR_LIVE)
_AMOUNT = re.compile(r"-?(\d{1,15}(\.\d{1,10})?|\.\d{1,10})", re.ASCII)
_LEG = re.compile(r"\s*(buy|sell)\s+(?:(\d{1,6})\s+)?(\S.*?)\s*", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegText:
    """A leg as it was typed; which contract `name` is, the broker says."""

    side: Side
    ratio: int
    name: str


_T = TypeVar("_T")
Group = Callable[[Any, str, str], Any]
Verb = Callable[..., argparse.ArgumentParser]


def add_order_verbs(every: Any, group: Group, verb: Verb) -> None:
    """Add `order` with its verbs, and `kill`, by the grammar's own `group` and `verb`."""
    from ibdesk.cli import order_changes, order_verbs

    orders = group(every, "order", "orders: every one passes the same checks as in the window")
    shown = verb(orders, "preview", "what every rule and the broker's preview say; nothing is sent",
                 in_desk(order_verbs.preview))
    _ticket_options(shown)
    placed = verb(orders, "place", "check it and send it, once", in_desk(order_verbs.place))
    _ticket_options(placed)
    _consent_options(placed)
    placed.add_argument("--once", default="", metavar="NAME",
                        help="a name for this order: a second command with it finds the order and sends nothing")
    changed = verb(orders, "modify", "change a working order", in_desk(order_changes.modify))
    _order_argument(changed)
    _price_options(changed)
    changed.add_argument("--qty", type=_quantity, metavar="N", help="how many in all, filled ones included")
    changed.add_argument("--tif", type=_tif, metavar="TIF", help=_TIF_HELP)
    _mode_option(changed)
    _consent_options(changed)
    gone = verb(orders, "cancel", "ask for a cancellation", in_desk(order_changes.cancel))
    which = gone.add_mutually_exclusive_group(required=True)
    which.add_argument("order", nargs="?", metavar="ORDER", help="our id of it or the broker's")
    which.add_argument("--all", action="store_true", help="every working order of the account, whoever placed it")
    _account_option(gone)
    _mode_option(gone)
    told = verb(orders, "status", "today's and working orders, or one with all that was written down of it",
                in_desk(order_changes.status))
    told.add_argument("order", nargs="?", metavar="ORDER", help="our id of it or the broker's")
    told.add_argument("--account", type=account_id, metavar="U…", help="only this account's")
    _mode_option(told)
    _kill_verb(every, verb)


def _kill_verb(every: Any, verb: Verb) -> None:
    from ibdesk.cli import kill_verbs

    stop = verb(every, "kill", "the kill switch of the mode: cancel every working order and open no position any more",
                in_desk(kill_verbs.kill, at_once=kill_verbs.lock))
    what = stop.add_mutually_exclusive_group()
    what.add_argument("--flatten", action="store_true", help="close every position at the market as well")
    what.add_argument("--lift", action="store_true", help="let trading go on")
    stop.add_argument("--reason", default="", help="why, for the receipts")
    _account_option(stop)
    _mode_option(stop)
    _consent_options(stop, accepts=False)


_TIF_HELP = "how long it is good: DAY, GTC, IOC or OPG"


def _ticket_options(verb: argparse.ArgumentParser) -> None:
    what = verb.add_mutually_exclusive_group(required=True)
    what.add_argument("--symbol", default="", metavar="AAPL", help='a stock or fund, or an option as "SPY 261218P570"')
    what.add_argument("--conid", type=_whole, metavar="N", help="the broker's number of it")
    what.add_argument("--leg", action="append", default=[], type=_leg, metavar="LEG",
                      help='a leg of a combination, as "sell 1 SPY 261218P570"; once for each leg')
    verb.add_argument("--side", type=_side, metavar="SIDE", help="buy or sell, with --symbol or --conid")
    verb.add_argument("--exchange", default="", metavar="NAME", help="where a symbol is listed, if not the first place")
    verb.add_argument("--qty", type=_quantity, default=Decimal(1), metavar="N", help="how many (default: 1)")
    verb.add_argument("--type", type=_type, dest="order_type", metavar="TYPE",
                      help=f"{', '.join(TYPES)} (default: what the prices given say, else MKT)")
    _price_options(verb)
    verb.add_argument("--tif", type=_tif, default=TimeInForce.DAY, metavar="TIF", help=f"{_TIF_HELP} (default: DAY)")
    verb.add_argument("--outside-hours", action="store_true", help="also outside regular trading hours")
    verb.add_argument("--take-profit", type=amount, metavar="P", help="a limit order that closes it again with a gain")
    verb.add_argument("--stop-loss", type=amount, metavar="P", help="a stop order that closes it again")
    verb.add_argument("--oco", action="store_true",
                      help="opens nothing: --take-profit and --stop-loss (or --trail) close what is held, the one that "
                      "fills cancels the other")
    _account_option(verb)
    _mode_option(verb)


def _price_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--limit", type=amount, metavar="P",
                      help="limit price; of a combination the net of a unit, negative is received")
    verb.add_argument("--stop", type=amount, metavar="P", help="the price that sets it off")
    verb.add_argument("--trail", type=trail, metavar="A", help="how far a trailing stop stays behind: 1.50 or 2%%")


def _consent_options(verb: argparse.ArgumentParser, *, accepts: bool = True) -> None:
    if accepts:
        verb.add_argument("--accept", action="append", default=[], type=code, metavar="CODE",
                          help="confirm this finding; once for each")
    verb.add_argument("--yes-to", action="append", default=[], type=_question, metavar="ID",
                      help="answer this question of the broker with yes; once for each")
    verb.add_argument("--live", action="store_true", help="real money is meant")
    verb.add_argument("--confirm-account", type=account_id, metavar="U…",
                      help="with --live: the account's id once more, where nobody can be asked to type it")


def _order_argument(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("order", metavar="ORDER", help="our id of it or the broker's")
    _account_option(verb)


def _account_option(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--account", type=account_id, metavar="U…", help="default: the account that was connected")


def _mode_option(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--mode", type=Mode, choices=MODES, metavar="MODE",
                      help=f"who receives it: {', '.join(MODES)}; refused when the open desk is in another")


def account_id(text: str) -> AccountId:
    """An account id, or an error of usage."""
    if not looks_like_account(text) and not text.startswith("LP"):
        raise argparse.ArgumentTypeError(f"{text!r} is no account id such as U1234567 or DU1234567")
    return AccountId(text)


def amount(text: str) -> Decimal:
    """A price: digits and a point. Commas, exponents and NaN are errors of usage."""
    if not _AMOUNT.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no amount such as 190.5: digits and a point, no commas")
    return Decimal(text)


def trail(text: str) -> Trail:
    """A trailing stop's distance, in price or with % behind it in percent."""
    return Trail(amount=amount(text.removesuffix("%")), is_percent=text.endswith("%"))


def _quantity(text: str) -> Decimal:
    found = amount(text)
    if found <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no quantity: it must be above zero")
    return found


def _whole(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or len(text) > 12:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)


def _leg(text: str) -> LegText:
    found = _LEG.fullmatch(text)
    ratio = int(found[2] or 1) if found is not None else 0
    if found is None or ratio < 1:
        raise argparse.ArgumentTypeError(f'{text!r} is no leg such as "sell 1 SPY 261218P570"')
    return LegText(side=Side(found[1].upper()), ratio=ratio, name=found[3])


def _side(text: str) -> Side:
    return _one_of(text, {each.value: each for each in Side})


def _tif(text: str) -> TimeInForce:
    return _one_of(text, {each.value: each for each in TimeInForce})


def _type(text: str) -> OrderType:
    return _one_of(text.replace(" ", "_").replace("-", "_"), TYPES)


def code(text: str) -> Code:
    """The code of a finding, or an error of usage."""
    return _one_of(text, {each.value: each for each in Code})


def _question(text: str) -> str:
    """A question without an id is never answered ahead of being read."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the id of a question is missing")
    return text.strip()


def _one_of(text: str, known: Mapping[str, _T]) -> _T:
    found = known.get(text.upper())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(known) if len(known) < 10 else 'the codes'}")
    return found
