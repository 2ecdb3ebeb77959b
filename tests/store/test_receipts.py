import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import IntegrityError

from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.verdict import Severity
from ibdesk.domain.receipts import Step
from ibdesk.store import check, cipher, receipts, rekey, vault
from ibdesk.store.database import open_database
from ibdesk.store.header import LOWEST_COST
from ibdesk.store.order_tables import trading_compliance_log as log
from ibdesk.store.vault import OpenVault
from tests.store.conftest import PASSPHRASE, dump
from tests.store.examples import MAIN, NOW
from tests.store.order_examples import receipt, verdict

Run = Callable[..., Any]
UNGUARDED = ("DROP TRIGGER trading_compliance_log_no_update", "DROP TRIGGER trading_compliance_log_no_delete")


def forge(in_transaction: Run, *statements: str) -> None:
    for statement in (*UNGUARDED, *statements):
        in_transaction(Connection.execute, text(statement.replace("LOG", log.name)))


def test_a_step_comes_back_whole_with_the_account_as_a_hash(in_transaction: Run) -> None:
    assert in_transaction(receipts.append, [receipt(1), receipt(2, step=Step.SENT)]) == 2
    found = in_transaction(receipts.load, "order-1")
    hashed = AccountId(receipts.hash_of(MAIN))
    ticket, summary = receipt().ticket, receipt().summary
    assert ticket is not None and summary is not None
    expected = replace(
        receipt(1), account=hashed, ticket=replace(ticket, account=hashed), summary=replace(summary, account=hashed)
    )
    assert found[0].receipt == expected
    assert [each.seq for each in found] == [1, 2]
    assert found[0].app_version


def test_no_account_number_and_no_secret_is_in_a_receipt(in_transaction: Run) -> None:
    in_transaction(receipts.append, [receipt(broker_text='refused {"password": "CANARY"}')])
    told = in_transaction(dump)
    assert MAIN not in told and "CANARY" not in told


def test_blocked_orders_and_those_whose_numbers_are_absurd_are_kept_too(in_transaction: Run) -> None:
    ticket = receipt().ticket
    assert ticket is not None
    absurd = replace(ticket, quantity=ticket.quantity * 0 - 5, limit=type(ticket.quantity)("NaN"))
    blocked = receipt(step=Step.BLOCKED, ticket=absurd, verdict=verdict(Severity.BLOCK), correlation="order-2")
    in_transaction(receipts.append, [receipt(), blocked])
    found = in_transaction(receipts.newest, steps=[Step.BLOCKED])
    assert [each.receipt.correlation for each in found] == ["order-2"]
    assert found[0].receipt.verdict.is_blocked
    assert found[0].receipt.ticket.limit.is_nan()
    assert len(list(in_transaction(lambda tx: tuple(receipts.each(tx))))) == 2


def test_the_rules_in_force_are_fingerprinted_alike_every_day_they_hold(in_transaction: Run) -> None:
    days = (NOW, NOW + timedelta(days=3), NOW.replace(year=2025))
    in_transaction(receipts.append, [receipt(at=at) for at in days])
    rows = in_transaction(lambda tx: tx.execute(select(log.c.rules_hash, log.c.rule_set_id)).all())
    assert rows[0] == rows[1] and rows[0][0] != rows[2][0]
    assert rows[0][1] == "us_transition_2026"


@pytest.mark.parametrize("change", [update(log).values(decision="allow"), log.delete()])
def test_the_database_itself_refuses_to_change_the_receipts(in_transaction: Run, change: Any) -> None:
    in_transaction(receipts.append, [receipt()])
    with pytest.raises(IntegrityError, match="append-only"):
        in_transaction(lambda tx: tx.execute(change))


@pytest.mark.parametrize(
    ("forgery", "row"),
    [
        ("UPDATE LOG SET decision = 'x' WHERE seq = 5", 5),
        ("UPDATE LOG SET prev_hash = 'x' WHERE seq = 5", 5),
        ("DELETE FROM LOG WHERE seq = 5", 5),
        ("DELETE FROM LOG WHERE seq > 8", 9),
        ("DELETE FROM LOG", 1),
        ("DELETE FROM compliance_head", 10),
        ("UPDATE compliance_head SET last_seq = 9", 10),
    ],
)
def test_a_forged_receipt_is_found_even_without_the_triggers(in_transaction: Run, forgery: str, row: int) -> None:
    in_transaction(receipts.append, [receipt(n) for n in range(10)])
    assert in_transaction(receipts.find_fault) is None
    forge(in_transaction, forgery)
    assert in_transaction(receipts.find_fault).row == row


def test_a_second_writer_of_the_same_number_fails(in_transaction: Run) -> None:
    in_transaction(receipts.append, [receipt()])
    with pytest.raises(IntegrityError):
        in_transaction(Connection.execute, text(f"INSERT INTO {log.name} SELECT * FROM {log.name}"))  # noqa: S608


def test_a_new_key_of_the_vault_seals_the_receipts_anew(open_vault: OpenVault, in_transaction: Run) -> None:
    in_transaction(receipts.append, [receipt(), receipt(2)])
    home = open_vault.paths.folder
    open_vault.close()
    rekey.rekey(home, PASSPHRASE, now=NOW, cost=LOWEST_COST)
    again = vault.open(home, PASSPHRASE)
    engine = cipher.engine(again.paths.database, again.database_key(), begin="DEFERRED")
    with engine.begin() as tx:
        assert receipts.find_fault(tx) is None
        assert len(receipts.load(tx, "order-1")) == 2
    engine.dispose()
    again.close()


def test_the_full_examination_names_a_torn_receipt(open_vault: OpenVault, in_transaction: Run) -> None:
    in_transaction(receipts.append, [receipt(), receipt(2)])
    forge(in_transaction, "DELETE FROM LOG WHERE seq = 1")

    async def examine() -> tuple[str, ...]:
        database = open_database(open_vault)
        try:
            return (await check.check(database)).findings
        finally:
            await database.close()

    assert any("receipts do not add up from row 1" in finding for finding in asyncio.run(examine()))


KILLED = """
import asyncio, os, sys
from pathlib import Path
from ibdesk.store import receipts, trades, vault
from ibdesk.store.database import open_database
from tests.store.conftest import PASSPHRASE
from tests.store.order_examples import intent, receipt

def both(tx, n):
    trades.add_intent(tx, intent(n), f"draft-{n}")
    receipts.append(tx, [receipt(n)])

async def main():
    database = open_database(vault.open(Path(sys.argv[1]), PASSPHRASE))
    for n in range(100_000):
        await database.write(both, n, urgent=True)
        os.write(1, f"{n}\\n".encode())
asyncio.run(main())
"""


def test_kill_9_loses_no_intent_that_was_told_to_be_stored(open_vault: OpenVault, tmp_path: Path) -> None:
    home = open_vault.paths.folder
    open_vault.close()
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(home)], stdout=subprocess.PIPE, cwd=Path(__file__).resolve().parents[2]
    )
    assert child.stdout is not None
    told = [int(child.stdout.readline()) for _ in range(20)]
    os.kill(child.pid, signal.SIGKILL)
    told += [int(line) for line in child.stdout.read().split(b"\n") if line]
    child.stdout.close()
    child.wait()
    again = vault.open(home, PASSPHRASE)
    with closing(cipher.connect(again.paths.database, again.database_key())) as connection:
        stored = {ref for (ref,) in connection.execute("SELECT ref FROM order_intents")}
    engine = cipher.engine(again.paths.database, again.database_key(), begin="DEFERRED")
    with engine.begin() as tx:
        assert receipts.find_fault(tx) is None
    engine.dispose()
    again.close()
    assert {f"ref-{n}" for n in told} <= stored
    assert len(stored) <= len(told) + 1


def test_numbering_goes_on_after_receipts_that_were_cut_off(in_transaction: Run) -> None:
    in_transaction(receipts.append, [receipt(n) for n in range(3)])
    forge(in_transaction, "DELETE FROM LOG WHERE seq > 1")
    assert in_transaction(receipts.append, [receipt(3)]) == 4, "the gap stays to be seen"
    assert in_transaction(receipts.find_fault).row == 2
