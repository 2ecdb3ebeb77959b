"""Secrets planted wherever a person may put one are found nowhere afterwards: in no file, in no printed line."""

import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibdesk.store import vault as vaults

ROOT = Path(__file__).parents[2]
PLANTED = {
    "passphrase": "canary otters whisper 1971 under ferns",
    "new passphrase": "canary herons listen 1984 above reeds",
    "user name": "canaryuser83",
    "flex token": "5820974944canary592307816406",
}
ACCOUNTS = ("DU7654321", "DU7654322")
#: Where a person asked for the numbers, or where they are encrypted: only secrets are looked for there.
MAY_NAME_ACCOUNTS = ("audit.csv", "audit.jsonl", "statement.xml")


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, and every file packed into one."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield from unpacked(str(path.relative_to(folder)), path.read_bytes())


def unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, content
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for each in packed.namelist():
                yield from unpacked(f"{name}/{each}", packed.read(each))
    elif content[:2] == b"\x1f\x8b":
        yield f"{name} unpacked", gzip.decompress(content)


def spellings(secret: str) -> Iterator[bytes]:
    """A secret as text, in UTF-16 and, where it is made of hexadecimal digits, as bytes."""
    yield secret.lower().encode()
    yield secret.lower().encode("utf-16-le")
    if len(secret) >= 32 and len(secret) % 2 == 0 and not set(secret.lower()) - set("0123456789abcdef"):
        yield bytes.fromhex(secret)
    if secret.count("-") > 3:
        yield secret.replace("-", "").lower().encode()


def holds(content: bytes, secret: str) -> bool:
    lowered = content.lower()
    return any(spelling in lowered or spelling in content for spelling in spellings(secret))


def test_the_search_finds_what_is_there() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("log.txt", "Canary " * 100)
    found = [name for name, content in unpacked("a.zip", made.getvalue()) if holds(content, "canary canary")]
    assert found == ["a.zip/log.txt"]
    assert holds(b"..\x0f\xab" + bytes(14) + b"..", "0fab" + "00" * 14)
    assert holds("Passwort".encode("utf-16-le"), "passwort")


@pytest.mark.timeout(180)
@pytest.mark.skipif(sys.platform == "win32", reason="the secrets come back over an inherited descriptor")
def test_nothing_secret_is_left_by_a_whole_session(tmp_path: Path) -> None:
    folder, temporary = tmp_path / "left", tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    reader, writer = os.pipe()
    environment = {
        **os.environ, "TMPDIR": str(temporary), "HOME": str(tmp_path / "person"), "PYTHONPATH": str(ROOT),
        "QT_QPA_PLATFORM": "offscreen",
    }
    with subprocess.Popen(
        [sys.executable, "-c", _RUN.format(writer=writer)], cwd=ROOT, env=environment, pass_fds=(writer,),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as desk:
        os.close(writer)
        said, complained = desk.communicate(json.dumps({**PLANTED, "folder": str(folder)}), timeout=150)
    assert desk.returncode == 0, complained[-3000:]
    secrets = [*PLANTED.items(), *born(reader)]
    assert {name for name, _ in secrets} >= {"session", "recovery code", "new recovery code", "door token"}
    vault = vaults.open(folder / "home", PLANTED["new passphrase"])
    secrets.append(("data key", vault.database_key().hex()))
    vault.close()

    left = [("printed", said.encode()), ("complained", complained.encode()), *contents(folder), *contents(temporary)]
    names = {name for name, _ in left}
    assert {"audit.csv", "audit.jsonl", "support.zip", "copy.backup", "statement.xml"} <= names
    assert {"home/ibdesk.vault", "home/logs/ibdesk.log"} <= names
    assert any(name.startswith("support.zip/") for name in names)
    for name, content in left:
        for what, secret in secrets:
            assert not holds(content, secret), f"the {what} lies open in {name}"
        if name not in MAY_NAME_ACCOUNTS and name != "printed":
            assert not [account for account in ACCOUNTS if holds(content, account)], f"an account lies open in {name}"


def born(reader: int) -> list[tuple[str, str]]:
    """The secrets that came into being in the session."""
    with os.fdopen(reader) as lines:
        return [pair for line in lines for pair in json.loads(line).items() if pair[1]]


#: The session, with its own descriptor 3 for what it has to tell us.
_RUN = """
import os, sys
os.dup2({writer}, 3, inheritable=False)
import asyncio, json
from tests.journeys.canary_desk import main
asyncio.run(main(json.loads(sys.stdin.read())))
"""
