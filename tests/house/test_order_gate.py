"""One gate: which file alone may make an order intent and hand it to a broker."""

import ast
from collections.abc import Iterator

from tests.house.files import modules, name_of, tree

GATE = "ibdesk/services/orders.py"
#: Stands between the gate and the two ways of orders, and hands on what it was handed.
SWITCH = "ibdesk/services/routes.py"


def calls(room: str) -> Iterator[tuple[str, ast.Call]]:
    for path in modules(*([room] if room else [])):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call):
                yield name_of(path), node


def test_only_the_gate_makes_an_order_intent() -> None:
    makers = {
        name for name, call in calls("")
        if isinstance(call.func, ast.Name | ast.Attribute)
        and (call.func.id if isinstance(call.func, ast.Name) else call.func.attr) == "OrderIntent"
    }  # fmt: skip
    assert makers == {GATE}


def test_only_the_gate_places_orders_with_a_broker() -> None:
    placing = {
        name for name, call in calls("")
        if isinstance(call.func, ast.Attribute) and call.func.attr == "place"
        and "trading" in ast.unparse(call.func.value).lower()
    }  # fmt: skip
    assert placing == {GATE}
    rooms = {"services", "wiring", "cli", "ui"}
    others = {
        name for name, call in calls("")
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("place", "modify") and name not in (GATE, SWITCH)
        and name.split("/")[1] in rooms and len(call.args) >= 1 and "intent" in ast.unparse(call.args[0]).lower()
    }  # fmt: skip
    assert not others


def test_the_switch_places_only_in_its_own_place() -> None:
    (path,) = [each for each in modules("services") if name_of(each) == SWITCH]
    placing = {
        function.name for function in ast.walk(tree(path)) if isinstance(function, ast.AsyncFunctionDef)
        if any(isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "place"
               for call in ast.walk(function))
    }  # fmt: skip
    assert placing == {"place"}
