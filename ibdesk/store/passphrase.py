"""How hard a passphrase is to guess, said honestly; and which environment variables may hold one.

A rough count, not a promise: it adds the bits an attacker needs for each piece (a word, a year, a run of keys,
a random letter). A large word list would be better at known passwords; ours holds the kind everybody tries first.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import choice

from ibdesk.domain.errors import Cause, NeedsPerson, Refused

MINIMUM_LENGTH = 10
ENVIRONMENT_KEY_LENGTH = 32
#: Bits below which a score of 1, 2, 3, 4 is not reached. An attacker with a farm tries about 2^33 Argon2id
#: guesses of our cost in a year, so 2 (40 bits) is where it starts to be worth nobody's while.
_SCORE_BITS = (25, 40, 55, 75)
_SENTENCES = (
    "Far too easy to guess.",
    "Too easy to guess: add two or three unrelated words.",
    "Good enough. One more unrelated word would make it strong.",
    "Strong.",
    "Very strong.",
)
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
    password passwort passw0rd motdepasse contrasena letmein welcome admin administrator login master secret dragon
    monkey football baseball basketball hockey soccer iloveyou princess sunshine shadow superman batman trustno
    starwars whatever freedom flower cheese computer internet samsung google michael jordan jennifer hunter
    charlie thomas daniel andrew jessica ashley summer winter spring autumn january february march april june july
    august september october november december monday tuesday wednesday thursday friday saturday sunday qwerty
    qwertz azerty asdf zxcv interactive brokers ibkr ibdesk trader trading trade broker money dollar bitcoin stocks
    market options account desk vault passphrase changeme default test testing hello love pass word
""",
    )
)
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "asdfghjkl", "zxcvbnm", "azertyuiop")
_LEET = str.maketrans("013457@$!", "oleastasi")
_PIECES = re.compile(
    r"(?P<repeat>(.)\2{2,})|(?P<year>(?:19|20)\d\d)|(?P<letters>[^\W\d_]+)|(?P<digits>\d+)|(?P<other>.)", re.S
)
_CONSONANTS = re.compile(r"[^aeiouyäöüéèàáíóú]{5,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to tell the person; `score` runs from 0 (hopeless) to 4 (very strong)."""

    score: int
    sentence: str
    acceptable: bool


#: Small letters and figures nobody misreads: no 0 and o, no 1, i and l.
_CLEAR = "23456789abcdefghjkmnpqrstuvwxyz"


def generate() -> str:
    """A random passphrase of 39 characters, 8 groups of 4: 158 bits, far beyond guessing, and long enough for
    VITE_ENCRYPTION_KEY."""
    return "-".join("".join(choice(_CLEAR) for _ in range(4)) for _ in range(8))


def advise(passphrase: str) -> Advice:
    """How good this passphrase is."""
    if len(passphrase) < MINIMUM_LENGTH:
        missing = MINIMUM_LENGTH - len(passphrase)
        letters = "one more character" if missing == 1 else f"{missing} more characters"
        return Advice(score=0, sentence=f"Too short: {letters} at least.", acceptable=False)
    bits = guessing_bits(passphrase)
    score = sum(bits >= limit for limit in _SCORE_BITS)
    return Advice(score=score, sentence=_SENTENCES[score], acceptable=score >= 2)


def require_acceptable(passphrase: str) -> None:
    """NeedsPerson(WEAK_PASSPHRASE) unless the passphrase may protect a vault."""
    advice = advise(passphrase)
    if not advice.acceptable:
        raise NeedsPerson(
            f"This passphrase is not good enough. {advice.sentence}",
            remedy="Choose a longer one; four unrelated words are easy to remember and hard to guess.",
            cause=Cause.WEAK_PASSPHRASE,
        )


def guessing_bits(passphrase: str) -> float:
    """About how many bits of guessing `passphrase` costs; the same piece again costs one."""
    over_and_over = re.fullmatch(r"(?s)(.+?)\1+", passphrase)
    if over_and_over:
        return guessing_bits(over_and_over.group(1)) + math.log2(len(passphrase))
    bits, seen = 0.0, set[str]()
    for piece in _PIECES.finditer(passphrase):
        text = piece.group().lower()
        bits += 1.0 if text in seen else _piece_bits(piece.lastgroup or "other", piece.group())
        if len(text) > 1:
            seen.add(text)
    whole = passphrase.lower().translate(_LEET)
    if any(word in whole and len(word) * 2 >= len(whole) for word in _COMMON):
        bits = min(bits, 24.0)  # half of it is a word on everybody's list
    return bits


def _piece_bits(kind: str, piece: str) -> float:
    text = piece.lower()
    match kind:
        case "repeat":
            return 6 + math.log2(len(text))
        case "year":
            return 7.0
        case "digits":
            return 5.0 if _is_row(text) else 3.3 * len(text)
        case "letters":
            return _letter_bits(text) + (1.5 if piece not in (text, text.capitalize()) else 0.0)
        case _:
            return 2.0 if piece in " -_.," else 5.0


def _letter_bits(text: str) -> float:
    """A common word is one of a few hundred, another word one of 8,000 or so; letters nobody can pronounce are
    worth what random letters are, a little discounted."""
    if text in _COMMON or _is_row(text):
        return 8.0
    if len(text) <= 2:
        return 4.7 * len(text)
    if _CONSONANTS.search(text):
        return 4.2 * len(text)
    return min(4.7 * len(text), 13 + max(0, len(text) - 9) * 2.3)


def _is_row(text: str) -> bool:
    return len(text) >= 3 and any(text in row or text in row[::-1] for row in _ROWS)


def from_environment(environment: Mapping[str, str]) -> str | None:
    """The passphrase a script hands over: IBDESK_PASSPHRASE, else the documents' VITE_ENCRYPTION_KEY.

    Refused(BAD_SETTING) when the latter is shorter than the 32 characters its document demands.
    """
    passphrase = environment.get("IBDESK_PASSPHRASE")
    if passphrase:
        return passphrase
    key = environment.get("VITE_ENCRYPTION_KEY")
    if not key:
        return None
    if len(key) < ENVIRONMENT_KEY_LENGTH:
        raise Refused(
            f"VITE_ENCRYPTION_KEY has {len(key)} characters; it needs at least {ENVIRONMENT_KEY_LENGTH}.",
            remedy="Set a longer key, or remove the variable and type a passphrase instead.",
            cause=Cause.BAD_SETTING,
        )
    return key
