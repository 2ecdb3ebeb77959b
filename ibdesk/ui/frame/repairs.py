"""What the frame can mend or break outside of itself: the gateway's program, and the demo's faults."""

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from ibdesk.ui.frame.demo_menu import HEAL, DemoMenu

if TYPE_CHECKING:
    from ibdesk.services.demo_faults import DemoFault
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge


class Repairs:
    """Acts for one desk's `view`; `menu` marks which of the demo's faults is on."""

    def __init__(self, desk: "Desk", bridge: "Bridge", view: QWidget, menu: DemoMenu) -> None:
        self._desk, self._bridge, self._view, self._menu = desk, bridge, view, menu

    def start_gateway(self) -> None:
        """Start the gateway's program, after its folder was chosen; in the demo, heal what was broken."""
        self._bridge.start("start the gateway", self._start_gateway())

    def break_demo(self, name: str) -> None:
        """Set off one of the demo's faults, or heal them all."""
        fault = next(each for each in self._desk.faults if each.name == name)
        self._menu.mark(name)
        self._bridge.start(f"demo: {fault.title}", self._carry_out(fault))

    async def _carry_out(self, fault: "DemoFault") -> None:
        await fault.run()
        if fault.name == HEAL and self._desk.session is not None:
            await self._desk.session.refresh()  # somebody locked out would ask nothing by itself

    async def _start_gateway(self) -> None:
        from ibdesk.ui.gateway.acts import GatewayActs  # its dialogs are rarely needed

        healing = self._desk.faults[-1].run if self._desk.faults else None
        acts = GatewayActs(self._desk.gateway, self._bridge, self._view, clock=self._desk.clock, revive=healing)
        if await acts.start():
            if healing is not None:
                self._menu.mark(HEAL)
            if self._desk.session is not None:
                await self._desk.session.refresh()
