"""One order's receipt as a document: what was filled in, checked, shown, decided and answered, in sections to read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from ibdesk.domain.accounts import AccountId, AccountSummary
from ibdesk.domain.compliance.verdict import Finding, Severity, Verdict, figure
from ibdesk.domain.hours import NEW_YORK
from ibdesk.domain.market import Quote
from ibdesk.domain.modes import FACES
from ibdesk.domain.orders import Impact, OrderTicket, WhatIf
from ibdesk.domain.pairs import halves
from ibdesk.domain.receipts import HOLDERS_WORDS, LoggedReceipt, Outcome, Receipt, Step, outcome_of
from ibdesk.domain.records import AuditFault

UNKNOWN = "\N{EM DASH}"

#: What each step is called, in words.
STEP_WORDS: dict[Step, str] = {
    Step.CHECK_RUN: "Checked", Step.BLOCKED: "Blocked", Step.CONFIRMED_OVERRIDE: "Confirmed by the person",
    Step.SENT: "Sent to the broker", Step.ASKED: "The broker asked", Step.ANSWERED: "Answered",
    Step.BROKER_ACK: "The broker has it", Step.BROKER_REJECT: "Refused by the broker",
    Step.OUTCOME_UNKNOWN: "Outcome unknown", Step.NOT_PLACED: "Not placed",
    Step.CHANGED: "Change sent", Step.FILL: "Filled",
    Step.CANCEL: "Cancellation asked for", Step.CANCELLED: "Cancelled by the broker",
    Step.KILL_SWITCH: "Kill switch", Step.SETTING_CHANGED: "Setting changed",
    Step.RECONCILE_DIFF: "Contradicted by the broker", Step.EXERCISE: "Exercise asked for",
    Step.LAPSE: "Lapse asked for", Step.WITHDRAWN: "Withdrawal asked for",
}  # fmt: skip
OUTCOME_WORDS: dict[Outcome, str] = {
    Outcome.BLOCKED: "Blocked", Outcome.SENT: "Sent", Outcome.FILLED: "Filled", Outcome.REFUSED: "Refused",
    Outcome.DECLINED: "Not placed", Outcome.UNKNOWN: "Unknown", Outcome.CANCELLING: "Cancel asked",
    Outcome.CANCELLED: "Cancelled", Outcome.STOPPED: "Kill switch", Outcome.OTHER: "Noted",
}  # fmt: skip
TONES: dict[Outcome, str] = {
    Outcome.BLOCKED: "loss", Outcome.REFUSED: "loss", Outcome.UNKNOWN: "warn", Outcome.STOPPED: "warn",
    Outcome.FILLED: "gain", Outcome.SENT: "gain",
}  # fmt: skip
_SEVERITIES = {
    Severity.PASS: "Pass", Severity.NOTE: "Note", Severity.WARN: "Warning", Severity.CONFIRM: "Confirm",
    Severity.BLOCK: "Block",
}  # fmt: skip
_SEVERITY_TONES = {Severity.PASS: "gain", Severity.WARN: "warn", Severity.CONFIRM: "warn", Severity.BLOCK: "loss"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A text in a table; `note` stands below it, smaller. `tone` is gain, loss, warn or empty."""

    text: str
    note: str = ""
    tone: str = ""
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A title and a table; without `heads` its rows are facts: a name and what it is. `widths` are the columns' shares
    in percent, empty where the words decide."""

    title: str
    rows: tuple[tuple[Cell, ...], ...]
    heads: tuple[str, ...] = ()
    widths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is shown, printed and exported. `word` is the outcome, `lead` why; `seal` the state of the chain."""

    title: str
    word: str
    tone: str
    lead: str
    seal: str
    seal_tone: str
    sections: tuple[Section, ...]


def document_of(
    steps: Sequence[LoggedReceipt], *, accounts: Mapping[str, AccountId], fault: AuditFault | None, made_at: datetime
) -> Document:
    """The receipt of one order from its steps, in order and at least one. `accounts` are account ids by their hash;
    `fault` is the first broken row of the whole log, None when it adds up; `made_at` (aware) when it is printed."""
    receipts = [each.receipt for each in steps]
    outcome = outcome_of({each.step for each in receipts})
    ticket = next((each.ticket for each in receipts if each.ticket is not None), None)
    seal, tone = _seal(steps, fault)
    sections = (
        _order(receipts, ticket, accounts), _checks(receipts), _acknowledged(receipts), _quotes(receipts, ticket),
        _figures(receipts), _preview(receipts), _story(receipts), _proof(steps, made_at),
    )  # fmt: skip
    return Document(
        title=asked_words(ticket, _asked(receipts)) if ticket is not None and ticket.legs
        else _title(outcome, receipts[0]),
        word=OUTCOME_WORDS[outcome], tone=TONES.get(outcome, ""), lead=_lead(receipts, outcome), seal=seal,
        seal_tone=tone, sections=tuple(each for each in sections if each is not None and each.rows),
    )  # fmt: skip


def ticket_words(ticket: OrderTicket) -> str:
    """A ticket in one line: "Sell 2 × SPY Dec18'26 570 P, buy 2 × SPY Dec18'26 560 P"."""
    parts = [f"{leg.side.value.lower()} {_plain(ticket.quantity * leg.ratio)} × {leg.instrument.label}"
             for leg in ticket.legs]  # fmt: skip
    return _first_up(", ".join(parts)) if parts else "No instrument"


def asked_words(ticket: OrderTicket, asked: Step | None) -> str:
    """The same where it is an order; else a holder's word: "Exercise 4 × AAPL Jan15'27 230 C"."""
    verb = _HOLDERS.get(asked) if asked is not None else None
    if verb is None or not ticket.legs:
        return ticket_words(ticket)
    return f"{verb} {_plain(ticket.quantity)} × {ticket.legs[0].instrument.label}"


_HOLDERS = {Step.EXERCISE: "Exercise", Step.LAPSE: "Let lapse", Step.WITHDRAWN: "Withdraw the instruction for"}


def _asked(receipts: Sequence[Receipt]) -> Step | None:
    return next((each.step for each in receipts if each.step in HOLDERS_WORDS), None)


def price_words(ticket: OrderTicket) -> str:
    """Type and prices: "limit at 1.25 credit, DAY"."""
    parts = [ticket.order_type.value]
    if ticket.limit is not None:
        parts.append(f"at {_money(ticket.limit, is_combo=ticket.is_combo)}")
    if ticket.stop is not None:
        parts.append(f"stop {_plain(ticket.stop)}")
    if ticket.trail is not None:
        parts.append(f"trailing by {_plain(ticket.trail.amount)}{' %' if ticket.trail.is_percent else ''}")
    hours = ", also outside regular hours" if ticket.outside_hours else ""
    return f"{' '.join(parts)}, {ticket.tif.value}{hours}"


def _order(receipts: Sequence[Receipt], ticket: OrderTicket | None, accounts: Mapping[str, AccountId]) -> Section:
    first = receipts[0]
    facts: list[tuple[str, str]] = []
    if ticket is not None and ticket.legs:
        asked = _asked(receipts)
        facts.append(("Order" if asked is None else "Asked for", asked_words(ticket, asked)))
        if asked is None:
            facts.append(("Price", price_words(ticket)))
        if ticket.exits is not None:
            facts.append(("Exits", _exits(ticket)))
        if ticket.other is not None:
            facts.append(("Or", f"{price_words(halves(ticket)[1])}; the one that fills cancels the other"))
    named = sorted({str(accounts.get(each.account, each.account)) for each in receipts if each.account != _NOBODY})
    facts += [
        ("Mode", next((face.word for face in FACES if face.mode == first.mode), first.mode)),
        ("Account", ", ".join(each if len(each) < 20 else f"{each[:12]}… (hash)" for each in named) or UNKNOWN),
        ("Our id", str(first.ref or first.correlation)),
        ("Broker's id", ", ".join(dict.fromkeys(str(each.order_id) for each in receipts if each.order_id)) or UNKNOWN),
        ("Begun", _moment(first.at)),
        ("Trade date", f"{first.at.astimezone(NEW_YORK):%Y-%m-%d}, New York"),
        ("Entered by", first.user or UNKNOWN), ("Session", first.session or UNKNOWN),
    ]  # fmt: skip
    return _facts("Order", facts)


#: The hash of an empty account: steps that concern every account.
_NOBODY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def _checks(receipts: Sequence[Receipt]) -> Section | None:
    verdict = _last_verdict(receipts)
    if verdict is None:
        return None
    ordered = sorted(verdict.findings, key=lambda each: -each.severity)
    rules = sorted({each.policy for each in verdict.findings if each.policy})
    under = f" under {', '.join(rules)}" if rules else ""
    return Section(
        title=f"Checks at {_moment(verdict.checked_at)}{under}", heads=("", "Finding", "Measured", "Limit", "Source"),
        widths=(10, 40, 17, 13, 20),
        rows=tuple(_finding(each) for each in ordered),
    )


def _finding(finding: Finding) -> tuple[Cell, ...]:
    below = " ".join(part for part in (finding.remedy, finding.citation and f"[{finding.citation}]") if part)
    return (
        Cell(text=_SEVERITIES[finding.severity], tone=_SEVERITY_TONES.get(finding.severity, "")),
        Cell(text=finding.sentence, note=below),
        Cell(text=figure(finding.measured), is_number=True), Cell(text=figure(finding.limit), is_number=True),
        Cell(text=finding.source.value, note=finding.code.value),
    )  # fmt: skip


def _acknowledged(receipts: Sequence[Receipt]) -> Section | None:
    rows: list[tuple[Cell, ...]] = []
    for each in receipts:
        if each.step is not Step.CONFIRMED_OVERRIDE:
            continue
        shown = {finding.code: finding.sentence for finding in each.verdict.findings} if each.verdict else {}
        rows += [_fact(_moment(each.at), shown.get(code, code.value)) for code in each.acknowledged]
        if each.override_reason:
            rows.append(_fact("Reason given", each.override_reason))
        if not each.acknowledged:
            rows.append(_fact(_moment(each.at), "The ticket was confirmed as it was shown."))
    return Section(title="Shown and confirmed", rows=tuple(rows), widths=(30, 70))


def _quotes(receipts: Sequence[Receipt], ticket: OrderTicket | None) -> Section | None:
    seen = next((each for each in reversed(receipts) if each.quotes), None)
    if seen is None:
        return None
    labels = {leg.instrument.conid: leg.instrument.label for leg in ticket.legs} if ticket is not None else {}
    return Section(
        title="Quotes", heads=("Instrument", "Bid", "Ask", "Last", "Data", "Age"),
        widths=(34, 13, 13, 13, 15, 12),
        rows=tuple(_quote(each, labels.get(each.conid, str(each.conid)), seen.at) for each in seen.quotes),
    )


def _quote(quote: Quote, label: str, at: datetime) -> tuple[Cell, ...]:
    age = max(0.0, (at - quote.told_at).total_seconds())
    return (
        Cell(text=label), *(Cell(text=_plain(each), is_number=True) for each in (quote.bid, quote.ask, quote.last)),
        Cell(text=quote.delay.value), Cell(text=f"{age:,.1f} s", is_number=True),
    )  # fmt: skip


def _figures(receipts: Sequence[Receipt]) -> Section | None:
    summary = next((each.summary for each in reversed(receipts) if each.summary is not None), None)
    return None if summary is None else _facts("Account figures", list(_summary(summary)))


def _summary(summary: AccountSummary) -> Iterator[tuple[str, str]]:
    yield "As of", f"{_moment(summary.as_of)}, in {summary.currency}"
    for name, value in (
        ("Net liquidation", summary.net_liquidation), ("Available funds", summary.available_funds),
        ("Excess liquidity", summary.excess_liquidity), ("Buying power", summary.buying_power),
        ("Initial margin", summary.initial_margin), ("Maintenance margin", summary.maintenance_margin),
    ):  # fmt: skip
        if value is not None:
            yield name, figure(value)
    left = summary.day_trades_remaining[0]
    if left is not None:
        yield "Day trades left today", "no limit" if left < 0 else str(left)


def _preview(receipts: Sequence[Receipt]) -> Section | None:
    preview = next((each.what_if for each in reversed(receipts) if each.what_if is not None), None)
    if preview is None:
        return None
    rows = [
        _impact(name, impact) for name, impact in (
            ("Equity with loan", preview.equity), ("Initial margin", preview.initial_margin),
            ("Maintenance margin", preview.maintenance_margin),
        ) if impact != Impact()
    ]  # fmt: skip
    return Section(
        title=f"The broker's preview at {_moment(preview.at)}", heads=("", "Now", "Change", "After"),
        widths=(28, 24, 24, 24),
        rows=(*rows, *_costs(preview)),
    )


def _impact(name: str, impact: Impact) -> tuple[Cell, ...]:
    return (Cell(text=name), *(Cell(text=figure(each), is_number=True)
                               for each in (impact.current, impact.change, impact.after)))  # fmt: skip


def _costs(preview: WhatIf) -> Iterator[tuple[Cell, ...]]:
    blank = Cell(text="")
    if preview.amount is not None:
        yield Cell(text="Amount"), blank, Cell(text=figure(preview.amount), is_number=True), blank
    least, most = preview.commission_from, preview.commission_to
    if least is not None or most is not None:
        told = dict.fromkeys(figure(each) for each in (least, most) if each is not None)
        yield Cell(text="Commission"), blank, Cell(text=" to ".join(told), is_number=True), blank
    for question in preview.warnings:
        yield Cell(text="Warning", tone="warn"), Cell(text=question.text), blank, blank
    if preview.refusal:
        yield Cell(text="Refusal", tone="loss"), Cell(text=preview.refusal), blank, blank


def _story(receipts: Sequence[Receipt]) -> Section:
    return Section(
        title="What happened", heads=("New York", "Step", "Words"), widths=(18, 26, 56),
        rows=tuple((
            Cell(text=f"{each.at.astimezone(NEW_YORK):%H:%M:%S.%f}"[:-3], note=f"{each.at:%Y-%m-%d}"),
            Cell(text=STEP_WORDS[each.step], tone="loss" if each.step in _BAD else ""),
            Cell(text=_told(each), note=_beside(each)),
        ) for each in receipts),
    )  # fmt: skip


_BAD = frozenset({Step.BLOCKED, Step.BROKER_REJECT, Step.OUTCOME_UNKNOWN})


def _told(receipt: Receipt) -> str:
    if receipt.step is Step.CHECK_RUN:
        count = len(receipt.verdict.findings) if receipt.verdict is not None else 0
        return f"{count} findings; the hardest: {receipt.decision or UNKNOWN}"
    if receipt.step is Step.CONFIRMED_OVERRIDE:
        count = len(receipt.acknowledged)
        return f"{count} finding{'' if count == 1 else 's'} confirmed" if count else "as it was shown"
    return receipt.decision or receipt.broker_text or UNKNOWN


def _beside(receipt: Receipt) -> str:
    """The broker's words where they stand beside ours."""
    return f"The broker: {receipt.broker_text}" if receipt.broker_text and receipt.decision else ""


def _proof(steps: Sequence[LoggedReceipt], made_at: datetime) -> Section:
    first, last = steps[0], steps[-1]
    numbers = f"{first.seq:,}" if len(steps) == 1 else f"{first.seq:,} to {last.seq:,}, {len(steps)} of them"
    return _facts("Seal", [
        ("Rows of the log", numbers), ("Sealed before", first.prev_hash), ("Seal of the last row", last.row_hash),
        ("Written by", f"ibdesk {', '.join(dict.fromkeys(each.app_version for each in steps))}"),
        ("This copy made", _moment(made_at)),
    ])  # fmt: skip


def _seal(steps: Sequence[LoggedReceipt], fault: AuditFault | None) -> tuple[str, str]:
    if fault is None:
        return "Verified: every receipt is as it was written.", "gain"
    if fault.row > steps[-1].seq:
        return f"This receipt is as it was written; the log is broken from row {fault.row:,} on: {fault.what}.", "warn"
    return f"Not verified: {fault.what}. From row {fault.row:,} on the log proves nothing.", "loss"


def _lead(receipts: Sequence[Receipt], outcome: Outcome) -> str:
    wanted = {
        Outcome.BLOCKED: Step.BLOCKED, Outcome.REFUSED: Step.BROKER_REJECT, Outcome.UNKNOWN: Step.OUTCOME_UNKNOWN,
        Outcome.STOPPED: Step.KILL_SWITCH, Outcome.DECLINED: Step.NOT_PLACED,
    }.get(outcome)  # fmt: skip
    found = next((each for each in reversed(receipts) if each.step is wanted), None)
    if found is not None:
        return _sentence(found.broker_text or found.decision)
    return {
        Outcome.FILLED: "It was sent, and at least part of it was filled.", Outcome.SENT: "It left for the broker.",
        Outcome.DECLINED: "The broker's question was answered with no, so it was not placed.",
        Outcome.CANCELLING: "Its cancellation was asked for.",
        Outcome.CANCELLED: "It was sent; the broker says that it is cancelled.",
    }.get(outcome, "")  # fmt: skip


def _title(outcome: Outcome, first: Receipt) -> str:
    if outcome is Outcome.STOPPED:
        return "Trading was stopped"
    return "Cancel all orders" if first.decision == "cancel all" else OUTCOME_WORDS[outcome]


def _last_verdict(receipts: Iterable[Receipt]) -> Verdict | None:
    found = None
    for each in receipts:
        if each.verdict is not None:
            found = each.verdict
    return found


def _facts(title: str, facts: Sequence[tuple[str, str]]) -> Section:
    return Section(title=title, rows=tuple(_fact(name, text) for name, text in facts), widths=(24, 76))


def _fact(name: str, text: str) -> tuple[Cell, ...]:
    return Cell(text=name), Cell(text=text)


def _exits(ticket: OrderTicket) -> str:
    exits = ticket.exits
    assert exits is not None  # noqa: S101 - asked for only then
    parts = (("target", exits.take_profit), ("stop loss", exits.stop_loss))
    return ", ".join(f"{name} {_plain(price)}" for name, price in parts if price is not None)


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _plain(value: Decimal | None) -> str:
    """As many places as it has; what a person mistyped is shown as it is."""
    if value is None:
        return UNKNOWN
    if not value.is_finite() or abs(value.adjusted()) > 18:
        return str(value)
    text = f"{value.copy_abs().normalize():,f}"
    return f"\N{MINUS SIGN}{text}" if value < 0 else text


def _money(price: Decimal, *, is_combo: bool) -> str:
    if not is_combo or not price.is_finite():
        return _plain(price)
    return f"{_plain(price.copy_abs())} {'credit' if price < 0 else 'debit'}"


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(text: str) -> str:
    shown = _first_up(text.strip())
    return shown if not shown or shown[-1] in ".!?" else f"{shown}."
