"""What the wizard does on the way over TWS: scan, connect, and follow the button of a finding."""

from collections.abc import Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Protocol

from ibdesk.domain.accounts import Environment
from ibdesk.domain.diagnosis import Examined, Fix
from ibdesk.domain.sockets import Knock
from ibdesk.services.first_run import FirstRun, Step
from ibdesk.services.first_run_tws import (
    edit_place,
    forget_scan,
    meet_again,
    met,
    offer,
    scanned,
    use_client_id,
)
from ibdesk.services.tws_connector import LOCAL

if TYPE_CHECKING:
    from ibdesk.services.connector import Connector
    from ibdesk.ui.bridge import Bridge

#: Which field a setting's finding is about.
FIELDS = {"tws_host": "host", "tws_port": "port", "tws_client_id": "client_id"}
#: Fixes that are a page of help.
TOPICS = {Fix.TWS_HELP: "tws", Fix.AVOID_DISCONNECTS: "avoid-disconnects"}


class TwsFace(Protocol):
    """What this way needs of the panel."""

    state: FirstRun

    def change(self, step: Callable[[FirstRun], FirstRun]) -> None:
        """Apply a transition and redraw."""

    def help(self, topic: str) -> None:
        """Open one of the help texts."""

    def return_to(self, step: Step) -> None:
        """Back to a page that came before."""

    def focus_first(self) -> None:
        """Put the cursor where the person goes on."""

    def focus_tws(self, field: str) -> None:
        """Put the cursor into a field of the page."""


class TwsPath:
    """`is_scanning` and `is_meeting` say what runs; a later wish ends an earlier one."""

    def __init__(self, face: TwsFace, connector: "Connector", bridge: "Bridge") -> None:
        self._face, self._connector, self._bridge = face, connector, bridge
        self.is_scanning = self.is_meeting = False
        self._scan = self._meeting = 0

    def begin(self) -> None:
        """The page is shown: what the settings say is offered."""
        tws = self._connector.tws
        if tws is not None:
            self._face.change(lambda state: offer(state, tws.offered()))

    def toggle_scan(self) -> None:
        """Scan, or stop scanning."""
        self._scan += 1
        self.is_scanning = not self.is_scanning
        if self.is_scanning:
            self._face.change(lambda state: forget_scan(edit_place(state, host=LOCAL)))
            self._bridge.start("scan the local ports", self._scan_ports(self._scan))
        else:
            self._redraw()

    def choose_port(self, port: int) -> None:
        """One of the four, or a typed one."""
        self._face.change(lambda state: edit_place(state, port=port))

    def edit(self, *, host: str | None = None, client_id: int | None = None) -> None:
        """What was typed."""
        self._face.change(lambda state: edit_place(state, host=host, client_id=client_id))

    def connect(self) -> None:
        """Try the place as it stands."""
        state = self._face.state
        if self._connector.tws is None or state.entries.environment is None or not state.tws.port or self.is_meeting:
            return
        self._meeting += 1
        self.is_meeting = True
        self._face.change(meet_again)
        self._bridge.start("connect to TWS", self._meet(self._meeting, state.entries.environment))

    def fix(self, found: Examined) -> None:
        """What a finding's button promises."""
        match found.fix:
            case Fix.USE_PORT:
                self.choose_port(int(found.target))
                self.connect()
            case Fix.USE_CLIENT_ID:
                self._face.change(lambda state: use_client_id(state, int(found.target)))
                self.connect()
            case Fix.OPEN_SETTING:
                self._face.focus_tws(FIELDS.get(found.target, "port"))
            case Fix.CONNECT:
                self._face.return_to(Step.ENVIRONMENT)
            case Fix.WAIT:
                self.connect()
            case None:
                return
            case other:
                self._face.help(TOPICS.get(other, "trouble"))

    async def _scan_ports(self, turn: int) -> None:
        tws = self._connector.tws
        if tws is None:
            return
        try:
            async with aclosing(tws.scan()) as ports:
                async for port, heard in ports:
                    if turn != self._scan or self._face.state.is_over:
                        return
                    self._heard(port, heard)
            self._take_the_only_one()
        finally:
            if turn == self._scan:
                self.is_scanning = False
                self._redraw()

    def _heard(self, port: int, heard: Knock) -> None:
        self._face.change(lambda state: scanned(state, LOCAL, port, heard))

    def _take_the_only_one(self) -> None:
        """Where just one answers and nothing was chosen, there is nothing to choose."""
        side = self._face.state.tws
        found = [port for port, heard in side.ports if heard is Knock.GREETED]
        if len(found) == 1 and not side.port:
            self.choose_port(found[0])

    async def _meet(self, turn: int, environment: Environment) -> None:
        tws = self._connector.tws
        if tws is None:
            return
        try:
            seen, results = await tws.meet(self._face.state.tws.place(environment))
            if turn == self._meeting:
                self.is_meeting = False
                self._face.change(lambda state: met(state, seen, results))
                self._face.focus_first()
        finally:
            if turn == self._meeting:
                self.is_meeting = False
                self._redraw()

    def _redraw(self) -> None:
        if not self._face.state.is_over:
            self._face.change(lambda state: state)
