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
# In either case, and behind an encoded slash, whose last letter is no part of it.
_ACCOUNT = re.compile(
    r"(?i)(?:(?<![A-Z0-9])|(?<=%[0-9A-F]{2}))(?:DU|DF|DI|U|F|I)\d{5,9}[A-Z]?(?![A-Z0-9])"
)
#: What a user name is called where one is told.
USER_WORDS = r"(?:user(?:[-_. ]?(?:name|id))?|log[-_]?in(?:[-_. ]?(?:name|id|user))?|account[-_. ]?name)"
# What follows such a word in ordinary sentences, and is no name.
_NO_NAME = (
    r"(?:true|false|null|none|yes|no|not|on|off|ok|is|are|was|were|has|had|the|an?|of|by|for|as|at|in|on|to|and|or|from|"
    r"with|without|this|that|its|your|my|another|some|any|nobody|somebody|ready|failed|failure|success(?:ful)?|"
    r"succeeded|required|needed|expired|unknown|missing|empty|invalid|valid|set|unset|changed|given|page|state|status|"
    r"session|name|id|error|done|pending|started|ended|denied|refused|accepted|timed|timeout|again|here|there|signed|"
    r"logged|paper|live|get|post|put|delete)\b"
)
# What has letters and digits like a user name, and is none.
_NO_NAME_EITHER = (
    r"(?:https?|sha|md|utf|ipv|oauth|tls|ssl|v|id|step|page|row|try|attempt|code|status|error|line|port|pid)[-_]?\d"
)
# login=x, user: x, username "x": after a sign or in quotes whatever stands there but those words, dates and addresses.
_USER = re.compile(
    rf"""(?ix) (?<!\w) (?P<name>(?:\w*_)?{USER_WORDS}["']?)"""
    r"""(?: (?P<is>\s*(?:[=:]|%3[AD])\s*) (?: "[^"\n]{1,64}" | '[^'\n]{1,64}' | """
    rf"""(?! {_NO_NAME} ) (?! [a-z][\w+.-]*:/ ) (?: (?=[\w.@+-]*[a-z]) | (?=\d{{4,}}(?![-\d])) )"""
    r""" [^\W_][\w.@+-]{1,63} (?! [\w(] ) )"""
    r"""| (?P<gap>\s+) (?: "[^"\n]{1,64}" | '[^'\n]{1,64}' ) )"""
)
# "login of alice7", "user alice7 signed in": without a sign only what has letters and digits, as these names do.
_USER_SAID = re.compile(
    rf"(?i)(?<!\w)(?P<name>{USER_WORDS}(?:(?:\s+[a-z]+){{0,2}}?\s+(?:of|by|for|as|is|named))?\s+[(\[<]?)"
    rf"(?!{_NO_NAME_EITHER})(?=[a-z][a-z._-]*\d)[a-z][a-z0-9._-]{{2,31}}(?![\w/:(=-])"
)


def redacted(text: str) -> str:
    """`text` as a log may hold it: no secrets, account numbers by their last four characters."""
    text = _ACCOUNT.sub(lambda found: masked(found.group().upper()), without_secrets(text))
    return _USER_SAID.sub(rf"\g<name>{HIDDEN}", text)


def without_secrets(text: str) -> str:
    """`text` with the values of everything that opens something hidden; account numbers stay."""
    text = _KEY_PRAGMA.sub(rf"\g<name>{HIDDEN}", text)
    text = _HEADER.sub(rf"\g<name>\g<is>{HIDDEN}", text)
    text = _BEARER.sub(rf"\g<name> {HIDDEN}", text)
    text = _PAIR.sub(rf"\g<name>\g<is>{HIDDEN}", text)
    text = _USER.sub(lambda told: f"{told['name']}{told['is'] or told['gap']}{HIDDEN}", text)
    text = _SESSION.sub(rf"\g<name>{HIDDEN}", text)
    text = _RAW_KEY.sub(HIDDEN, text)
    return _RECOVERY_CODE.sub(HIDDEN, text)
