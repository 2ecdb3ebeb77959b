"""What `expiry` and `option exercise`, `lapse`, `withdraw` do: the board as text or JSON, and the window's own checks.

What gives money away needs its word typed, and what cannot be taken back needs to be accepted by its code."""

import argparse
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ibdesk.cli.door import in_desk, not_connected
from ibdesk.cli.order_consent import check_mode, mean_live, missing, tell_missing
from ibdesk.cli.order_grammar import account_id, code
from ibdesk.cli.order_words import finding_lines, verdict_form
from ibdesk.cli.talk import Talk, code_of, lines_of, told
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.exercise import Wish
from ibdesk.domain.compliance.expiry_risks import Settling
from ibdesk.domain.compliance.verdict import figure
from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.expiries import Expiring, Window
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.occ import OptionName, parse_option
from ibdesk.services.desk import Desk
from ibdesk.services.expiry import Expiry
from ibdesk.services.expiry_board import Line

WINDOWS = {"today": Window.TODAY, "week": Window.WEEK, "month": Window.MONTH}
#: What has to be typed behind --override.
WORDS = {False: "EXERCISE", True: "LAPSE"}

Group = Callable[[Any, str, str], Any]
Verb = Callable[..., argparse.ArgumentParser]


def add_expiry_verbs(every: Any, group: Group, verb: Verb) -> None:
    """Add `expiry` and `option` with its verbs, by the grammar's own `group` and `verb`."""
    shown = verb(every, "expiry", "options that end soon: how far in the money, what they deliver, what may go wrong",
                 in_desk(board))
    shown.add_argument("--within", choices=list(WINDOWS), default="week", help="how far ahead (default: week)")
    shown.add_argument("--account", type=account_id, metavar="U…", help="only this account's")
    options = group(every, "option", "what a holder may say of options, where the broker takes it (Local Paper does)")
    for name, text, lapses in (
        ("exercise", "exercise long options", False), ("lapse", "let long options lapse on their last day", True),
    ):  # fmt: skip
        made = verb(options, name, text, in_desk(instruct))
        made.set_defaults(lapses=lapses)
        _contract_options(made)
        made.add_argument("--qty", type=_contracts, required=True, metavar="N", help="how many contracts")
        made.add_argument("--override", default="", metavar="WORD",
                          help=f"{WORDS[lapses]}, to do it although it gives money away")
        made.add_argument("--accept", action="append", default=[], type=code, metavar="CODE",
                          help="confirm this finding; once for each")
        made.add_argument("--live", action="store_true", help="real money is meant")
        made.add_argument("--confirm-account", type=account_id, metavar="U…", help="with --live: the account once more")
    _contract_options(verb(options, "withdraw", "take an instruction back, where that is possible", in_desk(withdraw)))


def _contract_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--contract", required=True, type=_option, metavar="NAME", help='as "SPY 261218C570"')
    verb.add_argument("--account", type=account_id, metavar="U…", help="default: the account that was connected")
    verb.set_defaults(mode=None)


async def board(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """What ends; prices that could not be asked are said."""
    expiry = _expiry(desk)
    if desk.session is not None:
        await desk.session.refresh()
    made = await expiry.board(args.account)
    lines = made.within(WINDOWS[args.within])
    window = WINDOWS[args.within].value
    told_lines = [_line(line) for line in lines] or [f"No option ends {window}."]
    talk.tell(
        {"as_of": made.now, "received_at": made.received_at, "trouble": made.trouble,
         "takes_instructions": expiry.takes_instructions, "positions": [_form(line) for line in lines],
         "together": [_together(each) for each in made.settlings_within(WINDOWS[args.within])]},
        [*told_lines, *([f"Prices: {made.trouble}"] if made.trouble else [])],
    )  # fmt: skip
    return 0


async def instruct(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Check it, and tell the broker when all that is asked was accepted."""
    check_mode(desk.mode, args)
    expiry, row = await _held(desk, args)
    await mean_live(desk.mode, args, row.account, talk)
    wish = Wish(instrument=row.instrument, contracts=args.qty, lapses=args.lapses,
                is_overridden=args.override.strip().upper() == WORDS[args.lapses])  # fmt: skip
    shown = expiry.check(row, wish)
    if codes := missing(shown, args):
        return tell_missing(codes, verdict_form(shown), finding_lines(shown), talk, done="Nobody was told.")
    try:
        order = await expiry.instruct(row.account, wish, shown)
    except DeskError as error:
        status = "blocked" if shown.is_blocked else "error"
        talk.tell({"status": status} | told(error) | verdict_form(shown), finding_lines(shown))
        if not talk.json:
            talk.mouth.warn("\n".join(lines_of(error)) + "\n")
        return code_of(error)
    verb = "let lapse" if args.lapses else "exercise"
    talk.tell(
        {"status": "told", "account": order.account, "contract": row.instrument.label, "quantity": order.quantity,
         "lapse": order.is_lapse, "at": order.at} | verdict_form(shown),
        [f"The broker was told to {verb} {figure(order.quantity)} × {row.instrument.label}."],
    )  # fmt: skip
    return 0


async def withdraw(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Take back what was told about one contract."""
    expiry, row = await _held(desk, args)
    given = [order for order in await expiry.instructions(row.account)
             if order.instrument.conid == row.instrument.conid]  # fmt: skip
    if not given:
        raise Refused(
            f"Nothing was told about {row.instrument.label}.", remedy="Look at the board: ibdesk expiry",
            cause=Cause.NOTHING_FOUND,
        )  # fmt: skip
    await expiry.withdraw(given[0])
    talk.tell({"status": "withdrawn", "contract": row.instrument.label}, ["The instruction was taken back."])
    return 0


def _expiry(desk: Desk) -> Expiry:
    if desk.expiry is None:
        raise not_connected(desk)
    return desk.expiry


async def _held(desk: Desk, args: argparse.Namespace) -> tuple[Expiry, Expiring]:
    """The position that is meant, read anew. Raises DeskError when it is not held, or in several accounts."""
    expiry, name = _expiry(desk), args.contract
    if desk.session is not None:
        await desk.session.refresh()
    if desk.sync is not None:
        await desk.sync.run(args.account)
    found = [
        (page.account.id, row.position.instrument)
        for page in await desk.book.pages() if args.account in (None, page.account.id)
        for row in page.rows if row.position.quantity and _is(row.position.instrument, name)
    ]  # fmt: skip
    if len(found) == 1:
        account, instrument = found[0]
        return expiry, await expiry.position(AccountId(account), instrument.conid)
    raise Refused(
        "This option is not held." if not found else "Several accounts hold it.",
        remedy="Look at the board: ibdesk expiry --within month" if not found
        else f"Name one with --account: {', '.join(account for account, _ in found)}.",
        cause=Cause.NOTHING_FOUND if not found else Cause.UNKNOWN_ACCOUNT,
    )  # fmt: skip


def _is(instrument: Instrument, name: OptionName) -> bool:
    roots = (instrument.trading_class or instrument.symbol, instrument.symbol)
    return instrument.option == name.terms and name.root in roots


def _line(line: Line) -> str:
    row, effect = line.row, line.row.effect
    stops = row.schedule.stops_at
    hour = "" if stops is None else f" {stops.astimezone(NEW_YORK):%H:%M} New York"
    when = f"{row.schedule.last_day:%Y-%m-%d}{hour}"
    money = "price unknown" if row.distance is None else f"{row.moneyness} {figure(abs(row.distance))}"
    moves = "" if effect is None else f", closing here moves {figure(effect.shares)} shares and {figure(effect.cash)}"
    wants = "".join(f"\n    {finding.sentence}" for finding in line.findings)
    given = line.instruction
    word = "" if given is None else f"\n    told: {'lapse' if given.is_lapse else 'exercise'} {figure(given.quantity)}"
    return f"{row.account}  {figure(row.quantity)} × {row.instrument.label}  ends {when}  {money}{moves}{word}{wants}"


def _form(line: Line) -> dict[str, Any]:
    row, effect, given = line.row, line.row.effect, line.instruction
    return {
        "account": row.account, "conid": row.instrument.conid, "contract": row.instrument.label,
        "quantity": row.quantity, "expiry": row.terms.expiry.isoformat(), "last_day": row.schedule.last_day.isoformat(),
        "settles": row.settles.value, "timing": row.schedule.timing.value, "stops_at": row.schedule.stops_at,
        "desk_until": row.schedule.desk_until, "broker_until": row.schedule.broker_until, "underlying": row.spot,
        "moneyness": row.moneyness.value, "distance": row.distance, "bid": row.bid, "ask": row.ask,
        "intrinsic": row.intrinsic, "extrinsic": row.extrinsic, "given_up": row.given_up,
        "exercised_here": row.is_exercised, "shares": None if effect is None else effect.shares,
        "cash": None if effect is None else effect.cash, "needs_cash": row.need.cash, "needs_shares": row.need.shares,
        "is_covered": row.is_covered,
        "findings": [{"code": each.code.value, "severity": each.severity.word, "sentence": each.sentence,
                      "remedy": each.remedy} for each in line.findings],
        "instruction": None if given is None else {"lapse": given.is_lapse, "quantity": given.quantity, "at": given.at},
    }  # fmt: skip


def _together(settling: Settling) -> dict[str, Any]:
    due = settling.due
    return {
        "account": settling.account, "symbol": settling.symbol, "expiry": settling.expiry.isoformat(),
        "timing": settling.timing.value, "closes_at": settling.spot, "shares": None if due is None else due.shares,
        "cash": None if due is None else due.cash, "findings": [each.sentence for each in settling.findings],
    }  # fmt: skip


def _option(text: str) -> OptionName:
    try:
        return parse_option(text)
    except Refused as refused:
        raise argparse.ArgumentTypeError(f"{refused.message} {refused.remedy}") from None


def _contracts(text: str) -> Decimal:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of contracts")
    return Decimal(text)
