"""What the wizard does about a gateway that fails: look at its process, let the doctor say why, and do the fix."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from ibdesk.domain.accounts import Environment
from ibdesk.domain.diagnosis import Examined, Fix, GatewayProcess
from ibdesk.services.findings import Action, CheckId, Outcome
from ibdesk.services.first_run import FirstRun, Step, edit_address
from ibdesk.services.gateway_folder import DOWNLOAD_PAGE, inspect_folder
from ibdesk.ui.gateway.acts import GatewayActs
from ibdesk.ui.links import JAVA_PAGE
from ibdesk.ui.wizard.journeys import Face

if TYPE_CHECKING:
    from ibdesk.services.connector import Connector
    from ibdesk.ui.bridge import Bridge

#: Fixes that the wizard's own buttons do.
ACTIONS: Mapping[Fix, Action] = {
    Fix.SIGN_IN: Action.SIGN_IN,
    Fix.TAKE_OVER: Action.TAKE_OVER,
    Fix.CONNECT: Action.RETRY,
    Fix.OPEN_BROKERAGE: Action.RETRY,
    Fix.WAIT: Action.RETRY,
    Fix.TRUST_CERTIFICATE: Action.RETRY,
    Fix.OPEN_SETTING: Action.CHANGE_ADDRESS,
}


class HelpedFace(Face, Protocol):
    """What helping needs of the panel beyond what a journey does."""

    def act(self, action: Action) -> None:
        """Do what a check's button offers."""

    def help(self, topic: str) -> None:
        """Open one of the help texts."""

    def open_page(self, address: str) -> None:
        """Show a page of the web."""

    def show_help(self) -> None:
        """Draw process and findings anew."""


class GatewayHelp:
    """The gateway's state and the findings on it, for the pages to draw; and the acts behind their buttons."""

    def __init__(self, face: HelpedFace, connector: "Connector", bridge: "Bridge") -> None:
        self._face, self._connector = face, connector
        self.process: GatewayProcess | None = None
        self.results: tuple[Examined, ...] = ()
        self.failed: CheckId | None = None
        self.is_running = False
        self._turn = 0
        keeper = connector.gateway
        self._acts = (
            None if keeper is None else GatewayActs(keeper, bridge, face.as_widget(), clock=connector.clock)
        )

    @property
    def can_start(self) -> bool:
        """Whether a gateway on this computer may be started from here."""
        return self._acts is not None and self._face.state.entries.environment is not Environment.DEMO

    def forget(self) -> None:
        """Another look begins: what was found before is over."""
        self._turn += 1
        self.results, self.failed, self.is_running = (), None, False
        self._face.show_help()

    async def look(self) -> None:
        """How the gateway's process stands."""
        if self._connector.gateway is not None and self.can_start:
            self.process = await self._connector.gateway.look()
            self._face.show_help()

    async def explain(self) -> None:
        """After a look at the gateway: if a check failed, find out why, finding by finding."""
        self._turn += 1
        turn = self._turn
        await self.look()
        state = self._face.state
        failed = _failed(state)
        if turn != self._turn or failed is None or self._connector.diagnose is None or not self.can_start:
            return
        self.results, self.failed, self.is_running = (), failed, True
        self._face.show_help()
        try:
            async for each in self._connector.diagnose(state.target):
                if turn != self._turn or self._face.state.is_over:
                    return
                self.results = (*self.results, each)
                self._face.show_help()
        finally:
            if turn == self._turn:
                self.is_running = False
                self._face.show_help()

    async def act(self, name: str) -> None:
        """A wish of the gateway's card."""
        if self._acts is None:
            return
        if name == "start":
            await self.start()
        elif await self._acts.do(name):
            self._use_its_address()
            self._face.probe()
        await self.look()

    async def start(self) -> None:
        """Start the gateway, choosing its folder first, and look again."""
        keeper = self._connector.gateway
        if self._acts is None or keeper is None or (keeper.folder is None and not await self._acts.choose()):
            return
        self._use_its_address()
        self.process = GatewayProcess(is_running=True, ours=True, starting=True, port=keeper.port)
        self._face.show_help()
        try:
            await self._acts.start()
        finally:
            await self.look()
        self._face.probe()

    async def fix(self, found: Examined) -> None:
        """What a finding's button promises."""
        fix = found.fix
        if fix is None:
            return
        if fix in ACTIONS:
            self._face.act(ACTIONS[fix])
            return
        acts: Mapping[Fix, Callable[[], Awaitable[object]]] = {
            Fix.START_GATEWAY: self.start,
            Fix.STOP_GATEWAY: lambda: self.act("stop"),
            Fix.SHOW_GATEWAY_LOG: lambda: self.act("log"),
            Fix.CHOOSE_FOLDER: lambda: self.act("folder"),
            Fix.EDIT_CONF: lambda: self._edit_conf(found.target),
            Fix.MOVE_PORT: self._move_port,
        }
        pages = {Fix.DOWNLOAD_GATEWAY: DOWNLOAD_PAGE, Fix.GET_JAVA: JAVA_PAGE, Fix.CLEAR_COOKIES: found.target}
        if fix in acts:
            await acts[fix]()
        elif fix in pages:
            self._face.open_page(pages[fix])
        else:
            self._face.help("trouble")

    async def _edit_conf(self, key: str) -> None:
        if self._acts is not None and await self._acts.edit_conf(key):
            self._use_its_address()
            self._face.probe()

    async def _move_port(self) -> None:
        url = "" if self._acts is None else await self._acts.move_port()
        if url:
            self._face.change(lambda state: edit_address(state, url))
            await self.start()

    def _use_its_address(self) -> None:
        """Look where the gateway of the chosen folder listens; localhost by another name stays."""
        folder = None if self._connector.gateway is None else self._connector.gateway.folder
        url = None if folder is None else inspect_folder(folder).url
        if url is not None and _place(url) != _place(self._face.state.entries.gateway_url):
            self._face.change(lambda state: edit_address(state, url))


def _place(url: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.port
    except ValueError:
        return "", None


def _failed(state: FirstRun) -> CheckId | None:
    """The check that stands in the way on the page that is shown."""
    shown = {Step.GATEWAY: (CheckId.GATEWAY, CheckId.SIGN_IN), Step.VERIFY: tuple(CheckId)}.get(state.step, ())
    return next((name for name in shown if state.check(name).outcome is Outcome.FAILED), None)
