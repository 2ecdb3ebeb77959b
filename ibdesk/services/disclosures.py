"""Where the texts a person acknowledges are kept and how their exact words are identified."""

import hashlib
import re

from ibdesk.assets import resource
from ibdesk.domain.compliance.disclosures import Disclosure

_FRONT_LINE = re.compile(r"^(?P<key>[a-z_]+):\s*(?P<value>.+)$")
_TITLE = re.compile(r"^#\s+(?P<title>.+)$", re.M)


def load_disclosures() -> tuple[Disclosure, ...]:
    """Every shipped disclosure, in the order of the file names."""
    files = sorted(resource("help", "disclosures").glob("*.md"))
    return tuple(parse_disclosure(file.stem, file.read_text("utf-8")) for file in files)


def parse_disclosure(name: str, text: str) -> Disclosure:
    """A disclosure from its file: front lines `key: value` (version, maybe statement), then Markdown with a title."""
    front, body = _split(text)
    found = _TITLE.search(body)
    title = found["title"].strip() if found else name.replace("-", " ").capitalize()
    return Disclosure(
        id=re.sub(r"^\d+[-_]", "", name),
        title=title,
        version=front.get("version", ""),
        text=body,
        statement=front.get("statement", f"I have read and understood “{title}”."),
        sha256=sha256(body),
    )


def sha256(text: str) -> str:
    """The fingerprint of a text, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _split(text: str) -> tuple[dict[str, str], str]:
    front: dict[str, str] = {}
    lines = text.replace("\r\n", "\n").split("\n")
    while lines:
        found = _FRONT_LINE.match(lines[0])
        if found is None and lines[0].strip() not in ("", "---"):
            break
        if found is not None:
            front[found["key"]] = found["value"].strip()
        del lines[0]
    return front, "\n".join(lines).strip() + "\n"
