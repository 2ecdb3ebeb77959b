"""What a person may hand to others who help: a bundle made of an allow-list, cleaned, and exactly what was shown.

Nothing is taken because it is there; each file of the bundle is written here on purpose. What could still say who the
person is (account numbers, user names, their folder, addresses of network cards and mail) is replaced in every file.
"""

import asyncio
import getpass
import logging
import platform
import re
import zipfile
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from io import BytesIO
from pathlib import Path

import ibdesk
from ibdesk.domain.diagnosis import Report
from ibdesk.domain.settings import Origin, Sourced, names
from ibdesk.services.activity import Activity
from ibdesk.services.desk import Clock
from ibdesk.services.doctor import Doctor
from ibdesk.services.gateway import GatewayKeeper
from ibdesk.store.exports import exported
from ibdesk.store.logs import FILES, tail
from ibdesk.store.redaction import HIDDEN, USER_WORDS, redacted

#: What is asked about first when something is wrong with a program of ours.
_LIBRARIES = (
    "PySide6-Essentials", "qasync", "aiohttp", "SQLAlchemy", "sqlcipher3", "cryptography", "msgspec", "psutil",
)  # fmt: skip
_LOG_LINES, _HISTORY = 500, 200
_NETWORK_CARD = re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b(?![:-][0-9A-Fa-f]{2})")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_IN_ADDRESS = re.compile(r"(?<=//)[^/@\s]+@")
#: A name shorter than this is part of too many words to be replaced.
_SHORTEST_NAME = 3
#: What ibdesk itself says everywhere; whoever is called so (the demo's user is "demo") is hidden where a name stands.
_OUR_WORDS = frozenset({"demo", "paper", "live", "trading", "trader", "account", "session", "gateway", "ibdesk", "user",
                        "admin", "root", "test", "python", "java"})  # fmt: skip
_LEVELS = logging.getLevelNamesMapping()


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleFile:
    """One file of the bundle, as it will be written."""

    name: str
    text: str


class Support:
    """Makes the bundle and reads the app's own log. `activity` and `user_names` need an open vault."""

    def __init__(
        self,
        home: Path,
        *,
        clock: Clock,
        doctor: Doctor,
        gateway: GatewayKeeper,
        settings: Callable[[], Sourced],
        activity: Activity | None = None,
        user_names: Callable[[], Awaitable[tuple[str, ...]]] | None = None,
    ) -> None:
        self._home = home
        self._clock = clock
        self._doctor = doctor
        self._gateway = gateway
        self._settings = settings
        self._activity = activity
        self._user_names = user_names

    @property
    def log_folder(self) -> Path:
        """Where the app's own log is kept."""
        return self._home / "logs"

    async def preview(self, report: Report | None = None) -> tuple[BundleFile, ...]:
        """Every file of a bundle made now, cleaned. An examination is made unless one is given."""
        hidden = () if self._user_names is None else await self._user_names()
        made = report or await self._doctor.examine()
        texts = {
            "about.txt": _about(self._clock().isoformat(timespec="seconds")),
            "settings.txt": _settings_text(self._settings()),
            "doctor.txt": report_text(made),
            "history.txt": await self._history(),
            "ibdesk.log": "\n".join(self.log_tail(_LOG_LINES)),
            "gateway.log": "\n".join(await asyncio.to_thread(self._gateway.log_tail, _LOG_LINES)),
        }
        return tuple(BundleFile(name=name, text=self._clean(text, hidden) + "\n") for name, text in texts.items())

    async def write(self, path: Path, files: Sequence[BundleFile], *, replace: bool = False) -> int:
        """Write these files, and nothing else, as one zip; its size in bytes. Raises what `exports.exported` does."""
        return await asyncio.to_thread(_write, path, self.log_folder.parent, files, replace)

    async def log(self, lines: int, text: str = "", level: str = "") -> tuple[str, ...]:
        """What `log_tail` reads, read in a thread."""
        return await asyncio.to_thread(self.log_tail, lines, text, level)

    def log_tail(self, lines: int = 500, text: str = "", level: str = "") -> tuple[str, ...]:
        """The end of the app's own log, oldest first: of the records with `text` in them and of `level` or above."""
        wanted = _LEVELS.get(level.upper(), logging.NOTSET)
        places = [self.log_folder / f"ibdesk.log{'' if number == 0 else f'.{number}'}" for number in range(FILES)]
        found: list[str] = []
        for place in places:
            if len(found) >= lines or not place.is_file():
                break
            records = _records(tail(place, 1_000_000))
            kept = [line for record in records if _fits(record, text, wanted) for line in record]
            found = kept + found
        return tuple(found[-lines:]) if lines > 0 else ()

    async def _history(self) -> str:
        """Sessions and syncs, without an amount."""
        if self._activity is None:
            return "The vault is not open, so its history is not told."
        lines = ["sessions, newest first"]
        lines += [
            f"{each.at:%Y-%m-%d %H:%M:%S} {each.environment} {each.status} {each.message}".rstrip()
            for each in await self._activity.sessions(limit=_HISTORY)
        ]
        lines += ["", "syncs, newest first"]
        lines += [
            f"{each.started_at:%Y-%m-%d %H:%M:%S} {each.source} {each.status} processed {each.counts.processed} "
            f"stages {dict(each.stages)} {each.cause} {' '.join(each.errors)}".rstrip()
            for each in await self._activity.syncs(limit=_HISTORY)
        ]
        return "\n".join(lines)

    def _clean(self, text: str, user_names: Iterable[str]) -> str:
        for folder, word in ((self._home, "<ibdesk>"), (Path.home(), "~")):
            text = text.replace(str(folder.resolve()), word).replace(str(folder), word)
        text = _IN_ADDRESS.sub(f"{HIDDEN}@", redacted(text))
        text = _MAIL.sub(HIDDEN, _NETWORK_CARD.sub(HIDDEN, text))
        for name in (*user_names, _system_user()):
            if len(name) >= _SHORTEST_NAME:
                text = re.sub(_where(name), rf"\g<before>{HIDDEN}", text)
        return text


def _where(name: str) -> str:
    """Where a user name is hidden: everywhere, unless it is a word of our own; then where a user is named."""
    before = ""
    if name.lower() in _OUR_WORDS:
        before = rf"(?<!\w){USER_WORDS}(?:\s+(?:of|by|for|as|is|named))?[\s\"'=:(\[<]+"
    return rf"(?i)(?P<before>{before})(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])"


def report_text(report: Report) -> str:
    """An examination as text."""
    lines = [f"examined {report.at:%Y-%m-%d %H:%M:%S} UTC, worst: {report.worst}"]
    for each in report.results:
        lines += ["", f"[{each.verdict}] {each.check}: {each.statement}"]
        lines += [f"  do: {each.advice}"] if each.advice else []
        lines += [f"  {fact}" for fact in each.evidence]
    return "\n".join(lines)


def _about(now: str) -> str:
    lines = [
        f"ibdesk {ibdesk.__version__}", f"made {now}", f"Python {platform.python_version()}",
        f"{platform.system()} {platform.release()} {platform.machine()}",
    ]  # fmt: skip
    return "\n".join([*lines, *(f"{name} {_version(name)}" for name in _LIBRARIES)])


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not known"


def _settings_text(sourced: Sourced) -> str:
    lines = []
    for name in names():
        origin = sourced.origins[name]
        whence = "" if origin is Origin.DEFAULT else f"   ({sourced.variables.get(name, origin.value)})"
        lines.append(f"{name} = {getattr(sourced.settings, name)}{whence}")
    return "\n".join(lines)


def _write(path: Path, vault: Path, files: Sequence[BundleFile], replace: bool) -> int:
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as bundle:
        for file in files:
            bundle.writestr(file.name, file.text)
    with exported(path, vault, replace=replace) as zipped:
        zipped.write(made.getvalue())
    return len(made.getvalue())


def _system_user() -> str:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
    return "" if user in ("root", "user", "admin") else user  # words that name nobody


def _records(lines: Sequence[str]) -> list[list[str]]:
    """Lines by record: what does not begin with a date goes on with the one before (a traceback)."""
    records: list[list[str]] = []
    for line in lines:
        if records and not line[:4].isdecimal():
            records[-1].append(line)
        else:
            records.append([line])
    return records


def _fits(record: Sequence[str], text: str, wanted: int) -> bool:
    words = record[0].split(maxsplit=3)
    level = _LEVELS.get(words[2], logging.NOTSET) if len(words) > 2 else logging.NOTSET
    return level >= wanted and (not text or text.casefold() in "\n".join(record).casefold())
