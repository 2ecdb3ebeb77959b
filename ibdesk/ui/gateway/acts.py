"""What a person does with the gateway, whichever button began it: each act asks what has to be asked, then does it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QWidget

from ibdesk.domain.errors import Cause, Refused
from ibdesk.services.gateway_conf import exposures, read_conf
from ibdesk.services.gateway_folder import FolderReport
from ibdesk.ui.gateway import questions
from ibdesk.ui.gateway.conf_dialog import ConfDialog
from ibdesk.ui.gateway.log_dialog import GatewayLogDialog

if TYPE_CHECKING:
    from ibdesk.services.gateway import GatewayKeeper
    from ibdesk.ui.bridge import Bridge


class GatewayActs:
    """An act answers whether it changed something. What goes wrong is raised; the bridge shows it."""

    def __init__(
        self, keeper: "GatewayKeeper", bridge: "Bridge", parent: QWidget | None, *, clock: Callable[[], datetime],
        revive: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`revive` starts the demo's gateway, which is no program of its own."""
        self._revive = revive
        self._keeper, self._bridge, self._parent, self._clock = keeper, bridge, parent, clock

    async def do(self, name: str) -> bool:
        """One of the card's wishes: start, stop, restart, log, folder or conf."""
        acts = {"start": self.start, "stop": self.stop, "restart": self.restart, "log": self.show_log,
                "folder": self.choose, "conf": self.edit_conf}
        return await acts[name]()

    async def start(self) -> bool:
        """Start it, after its folder was chosen."""
        if self._revive is not None:
            await self._revive()
            return True
        if self._keeper.folder is None and not await self.choose():
            return False
        if not (await self._keeper.look()).is_running and not await self._may_expose():
            return False
        await self._keeper.start()
        return True

    async def stop(self) -> bool:
        """Stop it, after a yes: everybody who uses it loses the session."""
        process = await self._keeper.look()
        if not process.is_running or not await self._bridge.ask(questions.stop(process, self._parent)):
            return False
        await self._keeper.stop(confirm=True)
        return True

    async def restart(self) -> bool:
        """Stop it and start it from its folder, after a yes."""
        process = await self._keeper.look()
        if not process.is_running:
            return await self.start()
        if not await self._may_expose():
            return False
        if not await self._bridge.ask(questions.stop(process, self._parent, again=True)):
            return False
        await self._keeper.restart(confirm=True)
        return True

    async def choose(self) -> bool:
        """Ask for the folder. Refused, with what is missing, for one that holds no gateway."""
        dialog = QFileDialog(self._parent, "The unpacked Client Portal Gateway")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        if self._keeper.folder is not None:
            dialog.setDirectory(str(self._keeper.folder))
        if not await self._bridge.ask(dialog):
            return False
        report = await self._keeper.choose(Path(dialog.selectedFiles()[0]))
        if not report.is_gateway:
            raise no_gateway(report)
        return True

    async def show_log(self) -> bool:
        """Its log, until it is closed."""
        await self._bridge.ask(GatewayLogDialog(self._keeper, self._bridge, self._parent))
        return False

    async def edit_conf(self, key: str = "") -> bool:
        """Its conf.yaml, with the cursor at a key; then perhaps a restart."""
        if self._keeper.conf is None and not await self.choose():
            return False
        path = self._keeper.conf
        if path is None:
            return False
        process = await self._keeper.look()
        dialog = ConfDialog(
            read_conf(path), self._clock, port=self._keeper.port, can_restart=process.is_running, parent=self._parent
        )
        wishes: list[bool] = []
        dialog.restart_wanted.connect(lambda: wishes.append(True))
        dialog.focus(key)
        await self._bridge.ask(dialog)
        if wishes:
            await self.restart()
        return True

    async def _may_expose(self) -> bool:
        """Whether it may run as its conf.yaml is: what is bad in it is seen and agreed to first."""
        path = self._keeper.conf
        found = () if path is None or not path.is_file() else exposures(read_conf(path))
        return not found or await self._bridge.ask(questions.exposed(found, self._parent))

    async def move_port(self) -> str:
        """Let it listen elsewhere, after a yes; the address it has from its next start on, "" when nothing changed."""
        if self._keeper.folder is None and not await self.choose():
            return ""
        if not await self._bridge.ask(questions.move_port(self._keeper.port, self._parent)):
            return ""
        return await self._keeper.move_port()


def no_gateway(report: FolderReport) -> Refused:
    """Why a folder was not taken."""
    return Refused(
        f"{report.folder.name} is not the unpacked gateway: {' and '.join(report.missing)} not found there.",
        remedy="Choose the folder that holds bin and root, as it comes out of clientportal.gw.zip.",
        cause=Cause.BAD_SETTING,
    )
