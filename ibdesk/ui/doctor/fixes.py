"""What each fix does in an open desk: the button of a finding leads to the real act."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PySide6.QtWidgets import QWidget

from ibdesk.domain.diagnosis import Examined, Fix
from ibdesk.domain.errors import BadData, Cause
from ibdesk.domain.settings import meta_of
from ibdesk.services.gateway_folder import DOWNLOAD_PAGE
from ibdesk.ui.gateway import questions
from ibdesk.ui.gateway.acts import GatewayActs
from ibdesk.ui.links import JAVA_PAGE
from ibdesk.ui.pages.help import HelpDialog

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.ui.bridge import Bridge

#: Fixes that are one of the window's own commands.
COMMANDS: Mapping[Fix, str] = {
    Fix.SIGN_IN: "sign-in",
    Fix.OPEN_BROKERAGE: "reconnect",
    Fix.TAKE_OVER: "take-over",
    Fix.CONNECT: "connect",
    Fix.TRUST_CERTIFICATE: "connect",
    Fix.SYNC_NOW: "sync",
}
#: Fixes that are a page of help: topic and heading.
TOPICS: Mapping[Fix, tuple[str, str]] = {
    Fix.SET_CLOCK: ("trouble", "This computer's clock"),
    Fix.TWS_HELP: ("tws", "Where the settings are"),
    Fix.AVOID_DISCONNECTS: ("avoid-disconnects", "Avoid disconnects"),
}
#: Fixes that change one setting, to the finding's target.
SETTINGS: Mapping[Fix, str] = {Fix.USE_PORT: "tws_port", Fix.USE_CLIENT_ID: "tws_client_id"}


class Fixes:
    """Does the fix of a finding; `do` answers whether it is worth examining again at once."""

    def __init__(self, desk: "Desk", bridge: "Bridge", acts: GatewayActs, parent: QWidget) -> None:
        self._desk, self._bridge, self._acts, self._parent = desk, bridge, acts, parent

    async def do(self, examined: Examined) -> bool:
        """What the finding's button promises."""
        fix, target = examined.fix, examined.target
        if fix is None or fix is Fix.WAIT:
            return True
        if fix in COMMANDS:
            self._bridge.command.emit(COMMANDS[fix])
            return False
        if fix in TOPICS:
            await self._bridge.ask(HelpDialog(TOPICS[fix][0], self._parent, heading=TOPICS[fix][1]))
            return False
        if fix in SETTINGS:
            return await self._set(SETTINGS[fix], target)
        acts: Mapping[Fix, Callable[[], Awaitable[bool]]] = {
            Fix.START_GATEWAY: self._acts.start,
            Fix.STOP_GATEWAY: self._acts.stop,
            Fix.SHOW_GATEWAY_LOG: self._acts.show_log,
            Fix.CHOOSE_FOLDER: self._acts.choose,
            Fix.EDIT_CONF: lambda: self._acts.edit_conf(target),
            Fix.MOVE_PORT: self._move_port,
            Fix.DOWNLOAD_GATEWAY: lambda: self._open(DOWNLOAD_PAGE),
            Fix.GET_JAVA: lambda: self._open(JAVA_PAGE),
            Fix.OPEN_SETTING: lambda: self._command(f"setting:{target}" if target else "room:settings"),
            Fix.SHOW_ACTIVITY: lambda: self._command(f"activity:{target or 'calls'}"),
            Fix.CLEAR_COOKIES: lambda: self._clear_cookies(target or f"{self._desk.gateway_url}/clear"),
            Fix.CHECK_VAULT: self._check_vault,
        }
        return await acts[fix]()

    async def _open(self, address: str) -> bool:
        self._desk.connector.open_browser(address)
        return False

    async def _set(self, name: str, value: str) -> bool:
        await self._desk.preferences.change(name, value)
        self._bridge.say(f"{meta_of(name).title} {value} is used from now on.")
        return False

    async def _command(self, name: str) -> bool:
        self._bridge.command.emit(name)
        return False

    async def _move_port(self) -> bool:
        url = await self._acts.move_port()
        if not url:
            return False
        preferences = self._desk.preferences
        if preferences.sourced.settings.gateway_url:
            await preferences.change("gateway_url", url)
        else:
            await preferences.change("gateway_port", str(urlsplit(url).port))
        self._bridge.say(f"From its next start the gateway answers at {url}. Connect to it there once, to accept its "
                         "certificate for that address.")
        return True

    async def _clear_cookies(self, address: str) -> bool:
        if await self._bridge.ask(questions.clear_cookies(self._parent)):
            self._desk.connector.open_browser(address)
        return False

    async def _check_vault(self) -> bool:
        report = await self._desk.activity.check()
        if report.findings:
            raise BadData(
                f"The vault is damaged: {report.findings[0]}",
                remedy="Keep it as it is, and restore the newest backup that was checked.", cause=Cause.VAULT_DAMAGED,
            )
        self._bridge.say("The vault is whole: every page fits its seal.")
        return True
