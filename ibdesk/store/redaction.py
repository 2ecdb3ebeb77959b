"""What must never be written down in clear, and what stands in its place."""

import re

from ibdesk.domain.accounts import masked

HIDDEN = "•••"
#: Names whose values are secrets, in queries, JSON, keyword arguments and headers. `t` is the Flex token's name.
_NAMES = (
    r"pass(?:word|phrase|wd)?|pwd|token|access_token|refresh_token|secret|api[-_]?key|encryption_key|key_secret|"
    r"session_?id|sid|jsessionid|cookie|x-sess-uuid|authorization|user_?name|t|challenge|hardware_info"
)
_PAIR = re.compile(
    rf"""(?ix) (?<![\w-]) (?P<name>(?:\w*_)?(?:{_NAMES})) (?P<is>["']?\s*[=:]\s*b?)"""
    r"""(?: "[^"\n]*" | '[^'\n]*' | [^\s&;,'"<>{}\[\])]{2,} )"""
)
# The tickle's answer calls its token just "session"; a session's state must stay readable.
_SESSION = re.compile(r"(?i)(?P<name>\bsession['\"]?\s*[=:]\s*['\"]?)[0-9a-f]{16,}")
_HEADER = re.compile(
    r"(?im)\b(?P<name>(?:set-)?cookie|(?:proxy-)?authorization|x-[\w-]*(?:token|key))(?P<is>['\"]?\s*[:=]\s*).+$"
)
_KEY_PRAGMA = re.compile(r"(?i)(?P<name>pragma\s+(?:re|hex)?key\s*=\s*).+")
_RAW_KEY = re.compile(r"\b[0-9a-fA-F]{40,}\b|\bx'[0-9a-fA-F]{16,}'")
_RECOVERY_CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{5}(?:-[0-9A-HJKMNP-TV-Z]{5}){7}\b")
_BEARER = re.compile(r"(?i)\b(?P<name>bearer|basic)\s+[\w.~+/=-]{6,}")
_ACCOUNT = re.compile(r"(?<![A-Za-z0-9])(?:DU|DF|DI|U|F|I)\d{5,9}[A-Z]?(?![A-Za-z0-9])")


def redacted(text: str) -> str:
    """`text` as a log may hold it: no secrets, account numbers by their last four characters."""
    return _ACCOUNT.sub(lambda found: masked(found.group()), without_secrets(text))


def without_secrets(text: str) -> str:
    """`text` with the values of everything that opens something hidden; account numbers stay."""
    text = _KEY_PRAGMA.sub(rf"\g<name>{HIDDEN}", text)
    text = _HEADER.sub(rf"\g<name>\g<is>{HIDDEN}", text)
    text = _BEARER.sub(rf"\g<name> {HIDDEN}", text)
    text = _PAIR.sub(rf"\g<name>\g<is>{HIDDEN}", text)
    text = _SESSION.sub(rf"\g<name>{HIDDEN}", text)
    text = _RAW_KEY.sub(HIDDEN, text)
    return _RECOVERY_CODE.sub(HIDDEN, text)
