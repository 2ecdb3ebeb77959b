"""How the day of an option is written by people: in numbers either way round, or with its month in words.

`12/11/26` is a day in December to some and in November to others. Where both could be meant it is refused with both
readings; a year that was over before the desk existed is no reading, for nothing that expired then can be entered.
"""

import re
from collections.abc import Iterator
from datetime import date

from ibdesk.domain.errors import Cause, Refused

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_NAMES = (
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER",
    "DECEMBER",
)  # fmt: skip
_WORD = "(?:" + "|".join((*_NAMES, *_MONTHS)) + ")"
_YEAR = r"'?(?:20\d\d|\d\d)"
#: Texts of one whole day, and of a month with a number that may be its day or its year. They have no groups of their
#: own, so that they fit into a larger pattern.
DAY = (
    rf"(?:\d{{1,4}}[/.\-]\d\d?[/.\-]\d{{1,4}}|20\d{{6}}|\d\d?[ \-]?{_WORD}[ \-]?{_YEAR}"
    rf"|{_WORD}[ \-]?\d\d?[ \-]{_YEAR}|{_WORD}[ \-]?\d\d?'(?:20)?\d\d)"
)
MONTH_ALONE = rf"(?:{_WORD}[ \-]?'?\d\d|{_WORD}[ \-]?20\d\d)"
#: No desk was there before.
FIRST_YEAR = 2026

_NUMBERS = re.compile(r"(\d{1,4})([/.\-])(\d\d?)\2(\d{1,4})")
_DIGITS = re.compile(r"(20\d\d)(\d\d)(\d\d)")
_DAY_FIRST = re.compile(rf"(?P<day>\d\d?)[ \-]?(?P<month>{_WORD})[ \-]?'?(?P<year>(?:20)?\d\d)")
_MONTH_FIRST = re.compile(rf"(?P<month>{_WORD})[ \-]?(?P<day>\d\d?)(?:[ \-]'?|')(?P<year>(?:20)?\d\d)")
_ALONE = re.compile(rf"(?P<month>{_WORD})[ \-]?'?(?P<number>(?:20)?\d\d)")
_REMEDY = "Write the expiry as two digits each of year, month and day, like 261218, or with the month in words."


class DayInDoubt(Refused):
    """It is an option, and its day can be read in two ways, or in none."""


def day_in(text: str) -> date:
    """The day a text in capitals means. DayInDoubt(BAD_CONTRACT): it is in no calendar, or can be read in two ways."""
    if (alone := _ALONE.fullmatch(text)) is not None:
        raise _without_a_day(text, alone)
    readings = list(_readings(text))
    if not readings:
        raise _refused(f"There is no day {text} in the calendar.", _REMEDY)
    likely = [each for each in readings if each.year >= FIRST_YEAR] or readings
    likely = list(dict.fromkeys([*likely, *_year_in_front(text)]))
    if len(likely) > 1:
        either = " or ".join(_told(each) for each in likely)
        raise _refused(
            f"{text} may be {either}.",
            " or ".join(f"{each:%y%m%d} for {_told(each)}" for each in likely).join(("Write ", ".")),
        )
    return likely[0]


def _readings(text: str) -> Iterator[date]:
    """Every way to read it, the American order first."""
    if (digits := _DIGITS.fullmatch(text)) is not None:
        yield from _day(*(int(each) for each in digits.groups()))
    elif (words := _DAY_FIRST.fullmatch(text) or _MONTH_FIRST.fullmatch(text)) is not None:
        yield from _day(_year(words["year"]), _month(words["month"]), int(words["day"]))
    elif (numbers := _NUMBERS.fullmatch(text)) is not None:
        first, second, third = numbers[1], int(numbers[3]), numbers[4]
        if len(first) == 4:
            yield from _day(int(first), second, int(third))
        elif len(third) in (2, 4) and len(first) <= 2:
            yield from _day(_year(third), int(first), second)
            yield from _day(_year(third), second, int(first))


def _year_in_front(text: str) -> Iterator[date]:
    """The day, read with two digits of a year in front: too rare to be taken, and often enough to be in doubt."""
    numbers = _NUMBERS.fullmatch(text)
    if numbers is not None and len(numbers[1]) == len(numbers[4]) == 2 and _year(numbers[1]) >= FIRST_YEAR:
        yield from _day(_year(numbers[1]), int(numbers[3]), int(numbers[4]))


def _day(year: int, month: int, day: int) -> Iterator[date]:
    try:
        yield date(year, month, day)
    except ValueError:
        return


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def _month(word: str) -> int:
    return _MONTHS.index(word[:3]) + 1


def _without_a_day(text: str, found: re.Match[str]) -> DayInDoubt:
    """A month with one number says the year to some and the day to others."""
    month, number = _NAMES[_month(found["month"]) - 1].capitalize(), found["number"]
    if len(number) == 4:
        return _refused(f"{text} is a month and no day.", f"Write the day as well, like 18{text[:3]}{number[2:]}.")
    return _refused(
        f"{text} may be the month {month} 20{number} or the day {int(number)} {month}.",
        f"Write day, month and year, like 18{text[:3]}26.",
    )


def _told(day: date) -> str:
    """In English whatever the system speaks."""
    return f"{day.day} {_NAMES[day.month - 1].capitalize()} {day.year}"


def _refused(message: str, remedy: str) -> DayInDoubt:
    return DayInDoubt(message, remedy=remedy, cause=Cause.BAD_CONTRACT)
