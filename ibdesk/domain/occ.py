"""How an option is written: a trader's text, the clearing house's 21 characters and our own label, into one value.

| form    | example                  |                                                              |
|---------|--------------------------|--------------------------------------------------------------|
| short   | `SPY 261218P570`         | as typed: root, yymmdd, C or P, strike                        |
| OCC 21  | `SPY   261218P00570000`  | root padded to six, strike in thousandths in eight digits     |
| label   | `SPY Dec18'26 570 P`     | as the desk shows it                                          |
| broker  | `SPY 18DEC26 570 P`      | as broker tools show it; read, never written                  |
| spoken  | `SPY 12/18/26 570 P`     | a day in numbers or words (`expiry_texts`); read, never written |

Eight digits without a point are always thousandths. Two-digit years are of this century.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.expiry_texts import DAY, MONTH_ALONE, day_in
from ibdesk.domain.instruments import AssetClass, Instrument, OptionTerms, Right

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTH = "(?P<month>" + "|".join(_MONTHS) + ")"
_ROOT = r"(?P<root>[A-Z0-9][A-Z0-9./]*?)"
_RIGHT = r"(?P<right>CALL|PUT|C|P)"
_STRIKE = r"(?P<strike>[0-9]*\.?[0-9]+|[0-9]+\.)"

_COMPACT = re.compile(rf"{_ROOT} *(?P<year>\d\d)(?P<number>\d\d)(?P<day>\d\d) *{_RIGHT} *{_STRIKE}")
_LABEL = re.compile(rf"{_ROOT} +{_MONTH} ?(?P<day>\d\d?) ?'(?P<year>\d\d) +{_STRIKE} ?{_RIGHT}")
_BROKER = re.compile(rf"{_ROOT} +(?P<day>\d\d?) ?{_MONTH} ?'?(?P<year>\d\d) +{_STRIKE} ?{_RIGHT}")
_PRICED = rf"(?:{_STRIKE} ?{_RIGHT}|(?P<right_first>CALL|PUT|C|P) ?(?P<strike_last>[0-9]*\.?[0-9]+|[0-9]+\.))"
_SPOKEN = re.compile(rf"{_ROOT} +(?P<day>{DAY}) +{_PRICED}")
_WITHOUT_A_DAY = re.compile(rf"{_ROOT} +(?P<day>{MONTH_ALONE}) +{_PRICED}")

#: A digit after the letters marks an adjusted contract (reference/compliance.md 4.1), one before them a FLEX one.
_NONSTANDARD = re.compile(r"[A-Z.]+\d|\d[A-Z.]+")
_EXAMPLE = "Write it like SPY 261218P570 or SPY Dec18'26 570 P."


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionName:
    """An option as it is written, before a broker has given it a conid. `root` is the trading class."""

    root: str
    terms: OptionTerms

    @property
    def is_nonstandard(self) -> bool:
        return is_nonstandard_root(self.root)


@lru_cache(1024)
def is_nonstandard_root(root: str) -> bool:
    """Whether the root says that the contract delivers something else than the class it is named after."""
    return _NONSTANDARD.fullmatch(root) is not None


def is_nonstandard(instrument: Instrument) -> bool:
    """Whether a stock or index option is an adjusted or FLEX one, by its trading class (else its symbol)."""
    if instrument.asset_class is not AssetClass.OPTION:
        return False  # futures have digits in healthy roots: M2K, 6E
    return is_nonstandard_root(instrument.trading_class or instrument.symbol)


def parse_option(text: str) -> OptionName:
    """Read any of the forms, in upper or lower case. Refused(BAD_CONTRACT) says what cannot be read; a day that can be
    read in two ways names both."""
    line = " ".join(text.upper().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split()).removeprefix(".")
    if "," in line:
        raise _refused(f"“{line[:40]}” has a comma in it.", "Write the strike with a point, like 570.5, and no commas.")
    found = _COMPACT.fullmatch(line) or _LABEL.fullmatch(line) or _BROKER.fullmatch(line)
    if found is None:
        return _spoken(line)
    terms = OptionTerms(
        right=Right(found["right"][0]), strike=_strike(found["strike"], found.re is _COMPACT), expiry=_expiry(found)
    )
    return OptionName(root=found["root"], terms=terms)


def _spoken(line: str) -> OptionName:
    """An option with its day written out."""
    found = _SPOKEN.fullmatch(line) or _WITHOUT_A_DAY.fullmatch(line)
    if found is None:
        raise _refused(f"“{line[:40]}” is not an option the desk can read.", _EXAMPLE)
    right, strike = found["right"] or found["right_first"], found["strike"] or found["strike_last"]
    terms = OptionTerms(right=Right(right[0]), strike=_strike(strike, False), expiry=day_in(found["day"]))
    return OptionName(root=found["root"], terms=terms)


def _strike(digits: str, may_be_thousandths: bool) -> Decimal:
    strike = Decimal(digits)
    if may_be_thousandths and len(digits) == 8 and digits.isdecimal():
        strike = strike / 1000
    if strike <= 0:
        raise _refused("A strike is above zero.", _EXAMPLE)
    return Decimal(_plain(strike))


def _expiry(found: re.Match[str]) -> date:
    parts = found.groupdict()
    month = int(parts["number"]) if "number" in parts else _MONTHS.index(parts["month"]) + 1
    try:
        return date(2000 + int(parts["year"]), month, int(parts["day"]))
    except ValueError:
        raise _refused(
            f"There is no day {parts['day']} in month {month} of 20{parts['year']}.",
            "Write the expiry as two digits each of year, month and day, like 261218.",
        ) from None


def name_of(instrument: Instrument) -> OptionName:
    """How the option is written. ValueError when the instrument is no option."""
    if instrument.option is None:
        raise ValueError(f"{instrument.symbol} is no option")
    return OptionName(root=instrument.trading_class or instrument.symbol, terms=instrument.option)


def render_short(name: OptionName) -> str:
    """`SPY 261218P570`."""
    return f"{name.root} {name.terms.expiry:%y%m%d}{name.terms.right}{_plain(name.terms.strike)}"


def render_label(name: OptionName) -> str:
    """`SPY Dec18'26 570 P`, in English whatever the system speaks."""
    expiry = name.terms.expiry
    month = _MONTHS[expiry.month - 1].capitalize()
    return f"{name.root} {month}{expiry.day}'{expiry:%y} {_plain(name.terms.strike)} {name.terms.right}"


def render_occ(name: OptionName) -> str:
    """The 21 characters. Refused(BAD_CONTRACT) when root or strike do not fit in them."""
    thousandths = name.terms.strike * 1000
    if len(name.root) > 6 or thousandths != thousandths.to_integral_value() or thousandths >= 10**8:
        raise _refused(
            f"{render_label(name)} does not fit the 21-character form.",
            "Use the short form; the long one holds six letters and strikes below 100,000 in thousandths.",
        )
    return f"{name.root:<6}{name.terms.expiry:%y%m%d}{name.terms.right}{int(thousandths):08d}"


def _plain(number: Decimal) -> str:
    """Without exponent and without zeros that say nothing."""
    return format(number.normalize(), "f")


def _refused(message: str, remedy: str) -> Refused:
    return Refused(message, remedy=remedy, cause=Cause.BAD_CONTRACT)
