"""What the gateway's conf.yaml says, what of it is unsafe, and how to change a value without touching the rest.

Changing keeps comments and every key we do not know; a backup is written first, the file is replaced as a whole.
"""

import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode

from ibdesk.domain.diagnosis import Check, Examined, Fix, Verdict
from ibdesk.domain.errors import Cause, Refused
from ibdesk.services.gateway_yaml import Edit, child, compose, flag, port, text_of, texts, unsafe, where
from ibdesk.store.files import disk_errors, replace_private, sync_folder

_PATTERN = re.compile(r"(?:\d{1,3}|\*)(?:\.(?:\d{1,3}|\*)){0,3}(?:/\d{1,2})?")
_ACCOUNT = re.compile(r"[A-Z]{1,2}\d{5,9}[A-Z]?")
THIS_COMPUTER = "127.0.0.1"
#: Let everybody in, in the forms people write; the shipped file's own `0.0.0.0/0` never matches anything
#: (reference/client-portal-api.md 1.5), but whoever writes it means it.
_EVERYBODY = re.compile(r"0\.0\.0\.0(?:/0)?|\*(?:\.\*)*")
#: Where the gateway may send a sign-in (1.3: the shipped host and the compiled-in one).
_BROKER = (".ibkr.com", ".interactivebrokers.com", ".ibkr.com.cn", ".interactivebrokers.com.hk")
#: The file's own name of each value.
_KEYS = {
    "listen_port": ("listenPort",), "listen_ssl": ("listenSsl",), "allow": ("ips", "allow"), "deny": ("ips", "deny"),
    "account_ids": ("accountIds",),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Conf:
    """One conf.yaml. A value is None where the key is missing; `problem` says why the text cannot be read, and where.
    `listen_port` 0 is a value that is no port."""

    path: Path
    text: str
    problem: str = ""
    listen_port: int | None = None
    listen_ssl: bool | None = None
    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] = ()
    account_ids: tuple[str, ...] = ()
    proxy_host: str = ""

    @property
    def url(self) -> str | None:
        """The address this gateway listens on; None when the file does not say. Without listenSsl it encrypts."""
        if not self.listen_port:
            return None
        return f"{'http' if self.listen_ssl is False else 'https'}://localhost:{self.listen_port}"


def read_conf(path: Path) -> Conf:
    """The file as it is; one that cannot be read is a Conf with a `problem`, never an error."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        return Conf(path=path, text="", problem=error.strerror or str(error))
    except UnicodeDecodeError:
        return Conf(path=path, text="", problem="it is not UTF-8 text")
    return parse_conf(path, text)


def parse_conf(path: Path, text: str) -> Conf:
    """The values in a text that may not be in the file yet."""
    try:
        top = compose(text)
    except YAMLError as error:
        return Conf(path=path, text=text, problem=where(error))
    if not isinstance(top, MappingNode):
        return Conf(path=path, text=text, problem="it holds no keys")
    ips = child(top, "ips")
    lists = ips if isinstance(ips, MappingNode) else None
    return Conf(
        path=path,
        text=text,
        listen_port=port(child(top, "listenPort")),
        listen_ssl=flag(child(top, "listenSsl")),
        allow=texts(child(lists, "allow")),
        deny=texts(child(lists, "deny")) or (),
        account_ids=texts(child(top, "accountIds")) or (),
        proxy_host=text_of(child(top, "proxyRemoteHost")),
    )


def changed(
    conf: Conf,
    *,
    listen_port: int | None = None,
    listen_ssl: bool | None = None,
    allow: Sequence[str] | None = None,
    deny: Sequence[str] | None = None,
    account_ids: Sequence[str] | None = None,
) -> str:
    """The text with these values replaced; what is None stays. Refused(BAD_SETTING) for values a gateway could not
    use and for a file whose form we cannot change safely."""
    if conf.problem:
        raise Refused(
            f"conf.yaml cannot be changed while it cannot be read: {conf.problem}.",
            remedy="Correct it in an editor, or take a fresh one from the downloaded gateway.", cause=Cause.BAD_SETTING,
        )
    _check(listen_port, {"ips.allow": allow or (), "ips.deny": deny or ()}, account_ids or ())
    edit = Edit(conf.text)
    if listen_port is not None:
        edit.scalar(_KEYS["listen_port"], str(listen_port))
    if listen_ssl is not None:
        edit.scalar(_KEYS["listen_ssl"], "true" if listen_ssl else "false")
    for name, values in (("allow", allow), ("deny", deny), ("account_ids", account_ids)):
        if values is not None:
            edit.sequence(_KEYS[name], values)
    wanted = {"listen_port": listen_port, "listen_ssl": listen_ssl, "allow": allow, "deny": deny,
              "account_ids": account_ids}  # fmt: skip
    _insist(parse_conf(conf.path, edit.text), wanted)
    return edit.text


def save_conf(conf: Conf, text: str, at: datetime | None = None) -> Path:
    """Replace the file by `text`, after a copy of what was there beside it; the copy's path. The copy is named after
    `at`, or after the moment from which what it holds was in force. Who may read the file stays as it was: the gateway
    may run under another user. Raises what the disk refuses."""
    with disk_errors(conf.path):
        before, status = conf.path.read_bytes(), conf.path.stat()
        moment = at or datetime.fromtimestamp(status.st_mtime, UTC)
        backup = conf.path.with_name(f"{conf.path.name}.{moment:%Y-%m-%dT%H%M%SZ}.bak")
        number = 1
        while backup.exists():
            number += 1
            backup = conf.path.with_name(f"{conf.path.name}.{moment:%Y-%m-%dT%H%M%SZ}-{number}.bak")
        replace_private(backup, before)
        staged = conf.path.with_name(f"{conf.path.name}.making")
        replace_private(staged, text.encode())
        staged.chmod(stat.S_IMODE(status.st_mode))  # before it takes the name: it is never there with another mode
        staged.replace(conf.path)
        sync_folder(conf.path.parent)
    return backup


def lint(conf: Conf, *, port: int | None = None, ssl: bool | None = None) -> tuple[Examined, ...]:
    """Every finding, the worst first; one good one when there is none. `port` and `ssl` are what ibdesk expects."""
    if conf.problem:
        return (_found(
            Verdict.BAD, f"The gateway's conf.yaml cannot be read: {conf.problem}.", "",
            "Correct that line, or take a fresh conf.yaml from the downloaded gateway.", (str(conf.path),),
        ),)  # fmt: skip
    found = [*_listening(conf, port, ssl), *_allowed(conf), *_upstream(conf)]
    order = (Verdict.BAD, Verdict.WARN)
    return tuple(sorted(found, key=lambda each: order.index(each.verdict))) or (_good(conf),)


def exposures(conf: Conf) -> tuple[Examined, ...]:
    """What a person has to see before this gateway is started: an open door, SSL off, a file that cannot work."""
    return tuple(each for each in lint(conf) if each.verdict is Verdict.BAD)


def _good(conf: Conf) -> Examined:
    return Examined(
        check=Check.GATEWAY_CONF, verdict=Verdict.GOOD, statement="The gateway's conf.yaml is safe.",
        evidence=_facts(conf),
    )


def _facts(conf: Conf) -> tuple[str, ...]:
    ssl = "not set (encrypted)" if conf.listen_ssl is None else str(conf.listen_ssl).lower()
    return (
        str(conf.path), f"listenPort: {conf.listen_port or '—'}", f"listenSsl: {ssl}",
        f"ips.allow: {', '.join(conf.allow or ()) or '—'}", f"ips.deny: {', '.join(conf.deny) or '—'}",
        f"accountIds: {len(conf.account_ids)}",
    )


def _found(verdict: Verdict, statement: str, key: str, advice: str, evidence: tuple[str, ...]) -> Examined:
    return Examined(
        check=Check.GATEWAY_CONF, verdict=verdict, statement=statement, evidence=evidence, advice=advice,
        fix=Fix.EDIT_CONF, target=key,
    )


def _listening(conf: Conf, port: int | None, ssl: bool | None) -> Iterator[Examined]:
    at = (str(conf.path), f"listenPort: {conf.listen_port or '—'}", f"listenSsl: {str(conf.listen_ssl).lower()}")
    if conf.listen_ssl is False:
        yield _found(
            Verdict.BAD, "listenSsl is off: what the gateway says of your account can be read by every program here.",
            "listenSsl", "Set listenSsl: true and start the gateway again.", at,
        )
    if conf.listen_port is None:
        yield _found(
            Verdict.WARN, "conf.yaml has no listenPort, so the gateway chooses for itself.", "listenPort",
            "Write listenPort: 5000, or another free port.", at,
        )
    elif not conf.listen_port:
        yield _found(
            Verdict.BAD, "listenPort in conf.yaml is no port.", "listenPort", "Use a number from 1 to 65535.", at
        )
    elif port is not None and conf.listen_port != port:
        yield _found(
            Verdict.WARN, f"The gateway listens on port {conf.listen_port}, ibdesk looks at port {port}.", "listenPort",
            "Give both the same number: here, or in Settings under Gateway port.", (*at, f"ibdesk: {port}"),
        )
    if ssl is False and conf.listen_ssl is not False:
        yield _found(
            Verdict.WARN, "The gateway encrypts, and ibdesk is set not to.", "listenSsl",
            "Turn on “Encrypt the connection to the gateway” in Settings.", (*at, "ibdesk: http"),
        )


def _allowed(conf: Conf) -> Iterator[Examined]:
    if conf.allow is None:
        yield _found(
            Verdict.WARN, "conf.yaml has no list of allowed addresses (ips.allow).", "ips.allow",
            f"Add ips.allow with {THIS_COMPUTER} alone.", (str(conf.path),),
        )
        return
    at = (str(conf.path), f"ips.allow: {', '.join(conf.allow) or '—'}", f"ips.deny: {', '.join(conf.deny) or '—'}")
    everybody = [each for each in conf.allow if _EVERYBODY.fullmatch(each)]
    others = [each for each in conf.allow if each not in everybody and not each.startswith("127.")]
    if everybody:
        yield _found(
            Verdict.BAD, f"ips.allow holds {', '.join(everybody)}: it is meant to let every computer use your session.",
            "ips.allow", f"Leave {THIS_COMPUTER} alone in the list: whoever reaches the gateway acts as you.", at,
        )
    if others:
        yield _found(
            Verdict.WARN, f"ips.allow lets other computers in: {', '.join(others)}.", "ips.allow",
            f"Leave {THIS_COMPUTER} alone in the list. The gateway listens on every network this computer is in.", at,
        )
    if not any(matches(each, THIS_COMPUTER) or _EVERYBODY.fullmatch(each) for each in conf.allow):
        yield _found(
            Verdict.BAD, f"ips.allow does not hold {THIS_COMPUTER}, so the gateway refuses this computer.", "ips.allow",
            f"Add {THIS_COMPUTER}; without it every answer is “Access Denied”.", at,
        )
    denied = [each for each in conf.deny if matches(each, THIS_COMPUTER)]
    if denied:
        yield _found(
            Verdict.BAD, f"ips.deny holds {', '.join(denied)}, so the gateway refuses this computer.", "ips.deny",
            "Take it out of the list.", at,
        )


def matches(pattern: str, address: str) -> bool:
    """Whether the gateway's own rule lets a pattern stand for an address: dotted, with a trailing `*`, no CIDR."""
    if "*" not in pattern:
        return pattern == address
    return address.startswith(pattern.partition("*")[0])


def _upstream(conf: Conf) -> Iterator[Examined]:
    host = urlsplit(conf.proxy_host if "//" in conf.proxy_host else f"//{conf.proxy_host}").hostname or ""
    if host and not f".{host}".endswith(_BROKER):
        yield _found(
            Verdict.WARN, f"This gateway passes sign-ins on to {host}, which is not Interactive Brokers.",
            "proxyRemoteHost", "Set proxyRemoteHost to https://api.ibkr.com, unless you know why it differs.",
            (str(conf.path), f"proxyRemoteHost: {conf.proxy_host}"),
        )


def _check(port: int | None, addresses: Mapping[str, Sequence[str]], account_ids: Sequence[str]) -> None:
    if port is not None and not 0 < port < 65536:
        raise _bad(str(port), "listenPort", "a port from 1 to 65535")
    for key, patterns in addresses.items():
        for pattern in patterns:
            if not _PATTERN.fullmatch(pattern):
                raise _bad(pattern, key, "an address such as 127.0.0.1, or a pattern such as 10.*")
    for account in account_ids:
        if not _ACCOUNT.fullmatch(account):
            raise _bad(account, "accountIds", "an account id such as U1234567")


def _bad(value: str, key: str, allowed: str) -> Refused:
    return Refused(f"{value!r} is not allowed for {key}.", remedy=f"Use {allowed}.", cause=Cause.BAD_SETTING)


def _insist(conf: Conf, wanted: Mapping[str, object]) -> None:
    """What was written must read back as what was wanted; a form we cannot change is left to a person."""
    for name, value in wanted.items():
        if value is None:
            continue
        found = getattr(conf, name)
        is_same = sorted(found or ()) == sorted(value) if isinstance(value, list | tuple) else found == value
        if conf.problem or not is_same:
            raise unsafe(".".join(_KEYS[name]))
