"""Nothing private is in the project, and nothing anywhere asks for the broker's password."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from tests.house.files import ROOT, modules, name_of, text_files, tree

DEMO_ACCOUNTS = frozenset({"DU7654321", "DU7654322"})
# Five digits or more behind one of the broker's letters.
ACCOUNT = re.compile(r"(?<![\w#+&/-])(?:DU|DF|U|F|I)\d{5,9}(?!\w)")
MACHINE_PATH = re.compile(r"(?<![\w.~)}\]*-])(?:/(?:home|Users|root|work|opt|mnt)/\w|[A-Z]:\\\\?Users\\)")
SECRET = re.compile(r"BEGIN (?:[A-Z]+ )?PRIVATE KEY|AKIA[0-9A-Z]{16}|gh[pousr]_\w{30}|xox[bp]-\w{10}|AIza[\w-]{30}")
PASSWORD = re.compile(r"passw(?:or)?d|\bpwd\b", re.IGNORECASE)
LOCKS = {"requirements.lock"}


def readable() -> list[Path]:
    return [path for path in text_files() if path.name not in LOCKS and path != Path(__file__)]


def found(pattern: re.Pattern[str], allowed: frozenset[str] = frozenset()) -> dict[str, list[str]]:
    hits = {name_of(path): set(pattern.findall(path.read_text(encoding="utf-8"))) - allowed for path in readable()}
    return {name: sorted(texts) for name, texts in hits.items() if texts}


def test_no_account_number_but_those_of_the_demo_and_of_the_examples() -> None:
    assert not [
        f"{name}: {text}" for name, texts in found(ACCOUNT, DEMO_ACCOUNTS).items() for text in texts
        if not is_made_up(text)
    ]


def is_made_up(account: str) -> bool:
    """1 2 3 4 5 6 7, the broker's own example, and its neighbours; the same backwards; or two digits, as in 1000001."""
    digits = account.lstrip("DUFI")
    return digits.startswith("12345") or digits == "7654321" or len(set(digits)) <= 2


def test_no_path_of_anybodys_machine() -> None:
    assert not found(MACHINE_PATH)


def test_no_key_and_no_token() -> None:
    assert not found(SECRET)


def test_no_column_of_the_vault_could_hold_a_broker_password() -> None:
    tables = importlib.import_module("ibdesk.store.tables").metadata.tables

    assert tables
    columns = [f"{table.name}.{column.name}" for table in tables.values() for column in table.columns]
    assert not [name for name in columns if PASSWORD.search(name)]


def names_in(path: Path) -> set[str]:
    """Every name a file gives or uses: variables, attributes, arguments, functions, keywords."""
    names: set[str] = set()
    for node in ast.walk(tree(path)):
        for field in ("id", "attr", "arg", "name"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                names.add(value)
    return names


# The demo plays the broker's side of the sign-in, whose page does ask; the redaction lists what never reaches a log.
PROGRAM = [path for path in modules() if not name_of(path).startswith("ibdesk/demo/") and path.name != "redaction.py"]
# Where a secret is typed: what opens the vault, which is ours and never leaves this machine.
KEYRING = {"get_password", "set_password", "delete_password", "password"}  # what the library calls any secret
HIDDEN_INPUT = {"ibdesk/ui/unlock.py", "ibdesk/ui/vault/fields.py"}


@pytest.mark.parametrize("path", PROGRAM, ids=name_of)
def test_no_name_in_the_program_is_a_password(path: Path) -> None:
    named = {name for name in names_in(path) if PASSWORD.search(name) and not name.endswith("_NOTE")}  # what is said
    if path.name == "keystore.py":
        named -= KEYRING
    if name_of(path) in HIDDEN_INPUT:
        named -= {"Password", "PasswordEchoOnEdit"}  # Qt's names for a field that shows dots

    assert not named


@pytest.mark.parametrize("path", PROGRAM, ids=name_of)
def test_no_field_or_setting_of_the_program_is_called_password(path: Path) -> None:
    # A sentence may say that ibdesk never sees the password; a label, key or column name is one word or two.
    constants = (node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant))
    words = [value for value in constants if isinstance(value, str)]

    assert not [text for text in words if PASSWORD.search(text) and len(text.split()) < 3]


def test_what_is_hidden_while_typed_is_only_the_passphrase() -> None:
    typing = [name_of(path) for path in modules("ui") if "EchoMode" in path.read_text(encoding="utf-8")]

    assert set(typing) <= HIDDEN_INPUT
    assert (ROOT / "ibdesk/ui").is_dir()
