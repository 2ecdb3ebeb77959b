"""The verbs on the receipts of orders."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ibdesk.domain.receipts import Step
from ibdesk.store import cipher, receipts, vault
from tests.cli.conftest import PASSPHRASE, Ibdesk
from tests.cli.test_audit_verbs import forge
from tests.store.order_examples import receipt
from tests.store.test_restore import fill


@pytest.fixture
def logged(ibdesk: Ibdesk, tmp_path: Path) -> Ibdesk:
    """Commands on a vault with a sent and a blocked order, and three calls."""
    home = tmp_path / "home"
    fill(home, PASSPHRASE, 3)
    opened = vault.open(home, PASSPHRASE)
    engine = cipher.engine(opened.paths.database, opened.database_key(), begin="IMMEDIATE")
    blocked = replace(receipt(3, step=Step.BLOCKED), correlation="order-2", decision="Too many.", broker_text="")
    with engine.begin() as tx:
        receipts.append(tx, [receipt(1), receipt(2, step=Step.SENT), blocked])
    engine.dispose()
    opened.close()
    return ibdesk


def test_receipts_are_listed_by_order_and_filtered(logged: Ibdesk) -> None:
    told = logged("--json", "receipt", "list").json["receipts"]
    assert [(each["ref"], each["outcome"]) for each in told] == [("order-2", "blocked"), ("order-1", "sent")]
    assert told[0]["why"] == "Too many." and told[0]["order"].startswith("Sell 2 × ")
    assert "order-1" in logged("receipt", "list", "--sent").out
    assert [each["ref"] for each in logged("--json", "receipt", "list", "--blocked").json["receipts"]] == ["order-2"]
    assert logged("receipt", "list", "--text", "nothing of it").out == "There is no such receipt.\n"
    assert logged("receipt", "list", "--from", "2999-01-01").out == "There is no such receipt.\n"
    assert "order-1" in logged("receipt", "list", "--from", "2000-01-01", "--to", "2999-01-01").out
    for wrong in (("--from", "tomorrow"), ("--limit", "0"), ("--sent", "--blocked")):
        with pytest.raises(SystemExit):
            logged("receipt", "list", *wrong)


def test_one_is_shown_whole_to_people_and_programs(logged: Ibdesk) -> None:
    out = logged("receipt", "show", "order-2").out
    assert "Blocked. Too many." in out and "Verified" in out and "What happened" in out
    told = logged("--json", "receipt", "show", "order-1")
    assert told.code == 0 and [each["step"] for each in told.json["steps"]] == ["check_run", "sent"]
    missing = logged("--json", "receipt", "show", "order-9")
    assert (missing.code, missing.json["cause"]) == (5, "order_unknown")


def test_they_are_exported_and_no_file_is_replaced_unasked(logged: Ibdesk, tmp_path: Path) -> None:
    one, everything = tmp_path / "one.html", tmp_path / "all.jsonl"
    assert logged("--json", "receipt", "export", str(one), "--ref", "order-1").json["format"] == "html"
    assert "Compliance receipt" in one.read_text()
    assert "3 rows" in logged("receipt", "export", str(everything)).out
    assert json.loads(everything.read_text().splitlines()[2])["correlation"] == "order-2"
    again = logged("--json", "receipt", "export", str(everything))
    assert (again.code, again.json["cause"]) == (5, "file_exists")
    assert logged("receipt", "export", str(everything), "--replace").code == 0
    wrong = logged("--json", "receipt", "export", str(tmp_path / "x.html"))
    assert (wrong.code, wrong.json["cause"]) == (5, "bad_setting")


def test_verifying_the_audit_counts_and_follows_the_receipts_too(logged: Ibdesk, tmp_path: Path) -> None:
    assert logged("audit", "verify").out == "The audit adds up: 3 calls, 3 receipts.\n"
    told = logged("--json", "audit", "verify").json
    assert (told["rows"], told["receipts"]) == (3, 3)
    forge(
        tmp_path / "home", "DROP TRIGGER trading_compliance_log_no_update",
        "UPDATE trading_compliance_log SET decision = 'forged' WHERE seq = 2",
    )  # fmt: skip
    broken = logged("--json", "audit", "verify")
    assert (broken.code, broken.json["first_broken"]) == (6, 2) and "receipt 2" in broken.json["what"]
    assert logged("receipt", "show", "order-1").code == 6
