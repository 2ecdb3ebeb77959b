"""The line to TWS in plain words: how far it reaches, what is old because of it, and what happens next."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ibdesk.domain.line import Line, LineState
from ibdesk.ui import format as fmt

#: A clock that is off by more than this makes ages and sessions look wrong (seconds).
SKEW_SHOWN = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWords:
    """What the strip says: a lamp's tone, a sentence, what else to know, and what is wrong besides."""

    tone: str
    text: str
    detail: str
    trouble: str = ""


def line_words(line: Line, now: datetime, newest: datetime | None) -> LineWords:
    """The strip for a line. `newest` is when the last figure on screen was told; None: there is none."""
    shown = "" if newest is None else f"Figures are from {when(newest, now)}."
    trouble = _joined(skew_words(line.skew), dark_words(line))
    match line.state:
        case LineState.NEVER:
            return LineWords(tone="muted", text="Connecting to TWS", detail=shown or "The first figures come soon.")
        case LineState.DOWN:
            reason = line.reason or "The line to TWS is down."
            detail = _joined(again(line, now), shown)
            return LineWords(tone="loss", text=f"Not connected: {reason}", detail=detail, trouble=line.remedy)
        case LineState.BROKER_LOST:
            return LineWords(
                tone="warn", text="Broker lost: TWS has no connection to Interactive Brokers.",
                detail=_joined("TWS connects again by itself.", shown), trouble=skew_words(line.skew),
            )
        case LineState.RESTORING:
            done = line.wanted - line.left
            text = f"Restoring {done:,} of {line.wanted:,}" if line.wanted else "Restoring: TWS tells what is held"
            return LineWords(
                tone="warn", text=text, trouble=trouble, detail="Pale rows were not told anew yet; "
                "executions and what is on screen come first.",
            )
        case LineState.UP:
            since = "" if line.since is None else f"since {when(line.since, now)}"
            return LineWords(tone="gain", text="Live", detail=since, trouble=trouble)


def again(line: Line, now: datetime) -> str:
    """When the line is opened anew."""
    if line.retry_at is None:
        return "It is tried again by itself."
    left = max(0, round((line.retry_at - now).total_seconds()))
    return f"Try again in {left} s." if left else "Trying again."


def when(at: datetime, now: datetime) -> str:
    """A time of day, with its date when it is not today's."""
    local = at.astimezone()
    return fmt.clock(at) if local.date() == now.astimezone().date() else f"{local.day} {local:%b %H:%M:%S}"


def skew_words(skew: timedelta | None) -> str:
    """How wrong the clock of one of the two is; empty while nobody would notice."""
    if skew is None or abs(skew) <= SKEW_SHOWN:
        return ""
    seconds = abs(skew).total_seconds()
    size = f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
    return f"The broker’s clock is {size} {'ahead of' if skew > timedelta() else 'behind'} this computer’s."


def dark_words(line: Line) -> str:
    """The data farms that are lost."""
    farms = sorted(each for each in line.dark if " " not in each)
    sentences = sorted(each for each in line.dark if " " in each)  # not a farm but another session: said in words
    if farms:
        names = ", ".join(farms)
        sentences.insert(0, f"No data from {names}: figures that need it stand still.")
    return " ".join(sentences)


def _joined(*sentences: str) -> str:
    return " ".join(each for each in sentences if each)
