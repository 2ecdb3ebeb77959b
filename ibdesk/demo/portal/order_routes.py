"""Orders and executions, read side: what is there to see, and a plain no to everything that would trade."""

from ibdesk.demo.portal.calls import Answer, Call, answer, complain, is_true
from ibdesk.demo.portal.state import PortalState

NOT_HERE = "Orders are not available at this demo gateway"


class OrderRoutes:
    """Live orders and trades are empty; the first call of a session is a pre-flight."""

    def __init__(self, state: PortalState) -> None:
        self._state = state

    def live(self, call: Call) -> Answer:
        """`force` empties the cache, so its answer counts as a first call."""
        is_warm = self._state.warm.orders
        self._state.warm.orders = not is_true(call.query.get("force", ""))
        return answer({"orders": [], "snapshot": is_warm and self._state.warm.orders})

    def trades(self, _call: Call) -> Answer:
        return answer([])

    def status(self, _call: Call) -> Answer:
        return Answer(status=503)

    def refuse(self, _call: Call) -> Answer:
        """An order that is turned down comes with status 200 (7.4)."""
        return answer({"error": NOT_HERE})

    def cancel(self, call: Call) -> Answer:
        return answer({"error": f"OrderID {call.path_values[1]} doesn't exist"})

    def stale_reply(self, _call: Call) -> Answer:
        return complain(503, "reply id not found")

    def suppress(self, _call: Call) -> Answer:
        return answer({"status": "submitted"})
