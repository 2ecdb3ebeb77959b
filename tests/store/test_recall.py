from ibdesk.store.recall import Recalled, tables_in

ORDERS = "SELECT body FROM order_intents WHERE order_intents.mode = ?"
FILLS = "SELECT body, replaced FROM executions, ibkr_orders"


def test_a_statement_names_its_tables_and_no_columns() -> None:
    assert tables_in(ORDERS) == {"order_intents"}
    assert tables_in(FILLS) == {"executions", "ibkr_orders"}
    assert tables_in('INSERT OR REPLACE INTO "ledger_lines" (account_id, currency) VALUES (?, ?)') == {"ledger_lines"}
    assert tables_in("BEGIN IMMEDIATE") == frozenset()


def test_a_value_is_kept_until_one_of_its_tables_is_written() -> None:
    recalled = Recalled()
    recalled.keep("fills", 1, [FILLS], recalled.moves)
    recalled.moved(["INSERT INTO order_intents (ref) VALUES (?)", "SELECT body FROM executions"])
    assert "fills" in recalled and recalled["fills"] == 1
    recalled.moved(["DELETE FROM ibkr_orders WHERE ibkr_orders.order_key = ?"])
    assert "fills" not in recalled


def test_what_was_written_while_it_was_read_is_read_again() -> None:
    recalled = Recalled()
    after = recalled.moves
    recalled.moved(["UPDATE executions SET body = ?"])
    recalled.keep("fills", 1, [FILLS], after)
    assert "fills" not in recalled
    recalled.keep("fills", 2, [FILLS], recalled.moves)
    assert "fills" in recalled and recalled["fills"] == 2


def test_what_was_read_from_no_table_is_not_kept() -> None:
    recalled = Recalled()
    recalled.keep("raw", 1, [], recalled.moves)
    assert "raw" not in recalled


def test_what_is_not_so_any_more_is_let_go_of() -> None:
    recalled = Recalled()
    for day in range(3):
        recalled.keep(day, day, [ORDERS], recalled.moves)
        recalled.moved(["INSERT INTO order_intents (ref) VALUES (?)"])
    recalled.keep("last", 1, [FILLS], recalled.moves)
    assert list(recalled._kept) == ["last"]
