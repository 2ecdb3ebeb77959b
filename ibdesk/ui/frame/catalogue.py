"""The list of commands an open desk has: names that pages, notices, shortcuts and the palette share."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

from PySide6.QtWidgets import QApplication

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.modes import FACES
from ibdesk.domain.settings import Meta, meta_of, names
from ibdesk.ui.commands import Command
from ibdesk.ui.rooms import ACTIVITY_TABS, ROOMS
from ibdesk.ui.session.wording import AWAY
from ibdesk.ui.wizard import questions

if TYPE_CHECKING:
    from ibdesk.services.desk import Desk
    from ibdesk.services.session import SessionService
    from ibdesk.ui.bridge import Bridge


class View(Protocol):
    """What the commands need of the frame."""

    def open_room(self, key: str) -> None: ...
    def open_setting(self, name: str) -> None: ...
    def open_tab(self, room: str, tab: str) -> None: ...
    def want(self, name: str) -> None: ...
    def open_session(self) -> None: ...
    def trade(self, text: str) -> None: ...
    def stop_trading(self) -> None: ...
    def show_away(self) -> None: ...
    def start_gateway(self) -> None: ...
    def break_demo(self, name: str) -> None: ...


HELP = (
    ("help:getting-started", "Getting started"), ("help:gateway", "How to start the gateway"),
    ("help:trouble", "When something does not work"), ("help:vault", "The vault: passphrase, backups, a new key"),
    ("help:commands", "The command line"), ("help:live", "Before you trade live"),
    ("help:local-paper", "Local Paper: how it fills, what it costs, what it leaves out"),
    ("help:keys", "Keyboard shortcuts"), ("help:risk", "Risk statement"), ("help:resources", "Resources"),
    ("help:changelog", "What is new"),
)


def commands_of(view: View, desk: "Desk", bridge: "Bridge", accounts: Sequence[AccountId]) -> tuple[Command, ...]:
    """Everything that can be done now, in the order the palette shows it before anything is typed."""
    return (
        *_rooms(view), *_work(view, desk, bridge), *_modes(view, desk, bridge), *_accounts(bridge, accounts),
        *_digest(desk, bridge), *_tabs(view), *_gateway(desk, bridge),
        *_appearance(desk, bridge), *_demo(view, desk), *_help(view), *_settings(view),
    )


def trade_commands(view: View, text: str) -> tuple[Command, ...]:
    """What "trade SPY" and "trade SPY 261218P570" mean."""
    word, _, wanted = text.strip().partition(" ")
    wanted = wanted.strip().upper()
    if word.casefold() not in ("trade", "buy") or not wanted:
        return ()
    return (Command(name=f"trade:{wanted}", title=f"Trade {wanted}", hint="Trade", run=partial(view.trade, wanted)),)


def _rooms(view: View) -> tuple[Command, ...]:
    return tuple(
        Command(name=f"room:{room.key}", title=room.title, hint="Room", keys=f"Ctrl+{number}",
                run=partial(view.open_room, room.key), words="go to open")
        for number, room in enumerate(ROOMS, start=1)
    )


def _tabs(view: View) -> Iterator[Command]:
    for tab in ACTIVITY_TABS:
        yield Command(name=f"activity:{tab.key}", title=tab.title, hint="Activity", words=tab.words,
                      run=partial(view.open_tab, "activity", tab.key))
    yield Command(name="live", title="Live profit and loss", hint="Portfolio", words="tws p&l pnl moving stream",
                  run=partial(view.open_tab, "portfolio", "live"))
    yield Command(name="expiry", title="Expiry board", hint="Orders", run=partial(view.open_tab, "orders", "expiry"),
                  words="options expiring today exercise lapse assignment pin dividend 0dte")


def _disclosures(view: View) -> Command:
    return Command(name="disclosures", title="Read and acknowledge disclosures", hint="Trading",
                   run=partial(view.open_tab, "activity", "compliance"), words="options risk document agree compliance")


def _work(view: View, desk: "Desk", bridge: "Bridge") -> list[Command]:
    made = [
        Command(name="connect", title="Connect IBKR account", hint="Session", run=partial(view.want, "connect"),
                words="wizard add account gateway"),
        Command(name="lock", title="Lock the desk", hint="Desk", keys="Ctrl+L", run=partial(view.want, "lock"),
                words="hide privacy"),
        Command(name="close-vault", title="Close the vault", hint="Desk", run=partial(view.want, "close-vault"),
                words="stop passphrase key log off"),
        Command(name="quit", title="Quit ibdesk", hint="Desk", run=partial(view.want, "quit"), words="exit close"),
    ]
    if desk.kill_switch is not None:
        made.insert(0, Command(
            name="kill", title="Stop trading: cancel all orders and lock", hint="Trading", keys="Ctrl+Shift+K",
            run=view.stop_trading, words="kill switch panic emergency flatten close"))
    made.append(_disclosures(view))
    made.extend(_vault(view, desk, bridge))
    if desk.session is not None:
        made = [*_session(view, desk, desk.session, bridge), *made]
    sync = desk.sync
    if sync is not None:
        made.insert(0, Command(name="sync", title="Sync now", hint="Account", keys="F5", words="refresh reload update",
                               run=lambda: bridge.start("sync", sync.run())))
    made[1:1] = _socket_syncs(desk, bridge)
    return made


def _socket_syncs(desk: "Desk", bridge: "Bridge") -> Iterator[Command]:
    """Reading the accounts over the socket of TWS, where there is one."""

    def run(account: AccountId | None) -> None:
        from ibdesk.ui.live.syncing import sync_over_tws  # wanted now and then

        bridge.start("sync over TWS", sync_over_tws(desk, bridge, account))

    if desk.tws_sync is None:
        return
    words = "refresh reload update positions portfolio socket ib gateway"
    yield Command(name="sync:tws", title="Sync over TWS now", hint="Account", words=words, run=partial(run, None))
    if bridge.selected is not None:
        yield Command(name="sync:tws-shown", title=f"Sync {bridge.selected} over TWS now", hint="Account", words=words,
                      run=lambda: run(bridge.selected))


def _modes(view: View, desk: "Desk", bridge: "Bridge") -> Iterator[Command]:
    """The other modes, and the way to real money. What cannot be entered says why."""
    for face in FACES:
        if face.mode is not desk.mode:
            name = f"mode:{face.mode.value}"
            yield Command(name=name, title=f"Change to {face.word}", hint="Mode", run=partial(view.want, name),
                          words="trading mode switch environment broker")
    if desk.local_paper is not None:
        yield Command(name="reset-paper", title="Reset Local Paper…", hint="Mode",
                      run=partial(view.want, "reset-paper"), words="new pretend account begin anew cash")
    yield Command(name="going-live", title="Going live: checklist and lock on live orders", hint="Mode",
                  run=partial(view.open_setting, "going-live"), words="real money ready requirements arm unlock")
    live = desk.going_live
    if live is None or not live.is_live:
        yield Command(name="live-guide", title="From paper to live, step by step…", hint="Mode",
                      run=partial(view.want, "live-guide"), words="guided switch real money transition")
    elif live.armed is None:
        yield Command(name="unlock-live", title="Unlock live orders…", hint="Mode",
                      run=partial(view.want, "unlock-live"), words="arm real money trading enable")
    else:
        yield Command(name="lock-live", title="Lock live orders", hint="Mode", words="disarm real money trading stop",
                      run=lambda: bridge.start("lock live orders", live.lock()))


def _digest(desk: "Desk", bridge: "Bridge") -> Iterator[Command]:
    def show() -> None:
        from ibdesk.ui.modes.digest import show_digest  # looked at once a day

        bridge.start("digest", show_digest(desk, bridge, QApplication.activeWindow()))

    if desk.digests is not None:
        yield Command(name="digest", title="Today in short", hint="Account", run=show,
                      words="digest daily summary fills report monitoring")


def _vault(view: View, desk: "Desk", bridge: "Bridge") -> Iterator[Command]:
    """What is done to the vault; the demo's is thrown away."""
    if desk.environment is Environment.DEMO:
        return
    yield Command(name="vault", title="Vault: passphrase, recovery code, backups", hint="Vault",
                  run=partial(view.open_setting, "vault"), words="password remember move another computer")
    yield Command(name="back-up", title="Back up now", hint="Vault", words="backup copy save vault",
                  run=lambda: bridge.start("back up", desk.care.back_up()))
    yield Command(name="rekey", title="Change the key of the vault…", hint="Vault", run=partial(view.want, "rekey"),
                  words="rotate encryption rekey")
    yield Command(name="restore", title="Restore a backup…", hint="Vault", run=partial(view.want, "restore"),
                  words="backup vault return")


def _session(view: View, desk: "Desk", session: "SessionService", bridge: "Bridge") -> tuple[Command, ...]:
    def in_background(name: str, title: str, work: Callable[[], None], words: str) -> Command:
        return Command(name=name, title=title, hint="Session", run=work, words=words)

    return (
        in_background("session", "Session", view.open_session, "status truth panel lamps keep-alive tickle"),
        in_background("start-gateway", "Start the Gateway", view.start_gateway, "run java process"),
        *_outage(view, desk, bridge),
        in_background("sign-in", "Sign in", partial(session.sign_in, desk.connector.open_browser),
                      "log in login browser gateway re-authenticate"),
        in_background("check-session", "Check the session",
                      lambda: bridge.start("check the session", session.refresh()), "status connection"),
        in_background("reconnect", "Reconnect the brokerage session",
                      lambda: bridge.start("reconnect", session.open_brokerage()), "brokerage ssodh"),
        in_background("take-over", "Take over from the other session…",
                      lambda: bridge.start("take over", _take_over(session, bridge)), "competing"),
        in_background("sign-out", "Sign out",
                      lambda: bridge.start("sign out", session.sign_out()), "log out logout end session"),
    )


def _outage(view: View, desk: "Desk", bridge: "Bridge") -> Iterator[Command]:
    """What can be done about a lost connection, and about what it hid."""
    reconnect = desk.reconnect
    if reconnect is None:
        return
    yield Command(name="try-now", title="Try to connect now", hint="Session", words="retry reconnect gateway lost",
                  run=lambda: bridge.start("try to connect", reconnect.try_now()))
    if reconnect.last_report is not None:
        yield Command(name="away", title=AWAY, hint="Session", run=view.show_away, words="missed outage changed")


def _gateway(desk: "Desk", bridge: "Bridge") -> Iterator[Command]:
    """What can be done with the gateway on this computer besides starting it; the demo's is no program of its own."""

    def act(name: str) -> None:
        from ibdesk.ui.gateway.acts import GatewayActs  # its dialogs are rarely needed

        parent = QApplication.activeWindow()
        bridge.start(f"gateway {name}", GatewayActs(desk.gateway, bridge, parent, clock=desk.clock).do(name))

    if not desk.faults:
        for name, title, words in (
            ("stop", "Stop the gateway…", "end process"), ("log", "Show the gateway’s log", "console output"),
            ("folder", "Choose the gateway’s folder…", "unpacked clientportal.gw"),
            ("conf", "Edit the gateway’s conf.yaml…", "listenPort listenSsl ips allow accountIds"),
        ):
            yield Command(name=f"gateway:{name}", title=title, hint="Gateway", words=words, run=partial(act, name))


def _demo(view: View, desk: "Desk") -> tuple[Command, ...]:
    return tuple(
        Command(name=f"fault:{fault.name}", title=f"Demo: {fault.title}", hint="Demo",
                words=f"{fault.name} {fault.help}", run=partial(view.break_demo, fault.name))
        for fault in desk.faults
    )


async def _take_over(session: "SessionService", bridge: "Bridge") -> None:
    """Throw the other login out, after a yes: whoever sits there loses the trading session at once."""
    if await bridge.ask(questions.take_over(QApplication.activeWindow())):
        await session.open_brokerage(take_over=True)


def _accounts(bridge: "Bridge", accounts: Sequence[AccountId]) -> tuple[Command, ...]:
    each = tuple(
        Command(name=f"account:{account}", title=account, hint="Account", run=partial(bridge.select, account),
                words="switch account")
        for account in accounts
    )
    if len(each) < 2:
        return each
    return (*each, Command(name="account:all", title="All accounts", hint="Account", run=partial(bridge.select, None),
                           words="switch account every sum"))


def _appearance(desk: "Desk", bridge: "Bridge") -> tuple[Command, ...]:
    settings = desk.preferences.sourced.settings

    def change(name: str, value: str) -> Callable[[], None]:
        return lambda: bridge.start("appearance", desk.preferences.change(name, value))

    def switch(name: str, now: bool) -> Callable[[], None]:
        return change(name, "false" if now else "true")

    return (
        Command(name="theme:dark", title="Dark theme", hint="Appearance", run=change("theme", "dark"), words="night"),
        Command(name="theme:light", title="Light theme", hint="Appearance", run=change("theme", "light"), words="day"),
        Command(name="theme:system", title="Theme of the system", hint="Appearance", run=change("theme", "system")),
        Command(name="colour-blind", title=_on_off("Colour-blind palette", settings.colour_blind), hint="Appearance",
                run=switch("colour_blind", settings.colour_blind), words="color blue orange accessibility"),
        Command(name="dense", title=_on_off("Dense tables", settings.dense_rows), hint="Appearance",
                run=switch("dense_rows", settings.dense_rows), words="rows height"),
        Command(name="discreet", title=_on_off("Hide amounts", settings.discreet), hint="Appearance",
                run=switch("discreet", settings.discreet), words="privacy discreet mask"),
    )


def _on_off(title: str, now: bool) -> str:
    return f"{title}: turn {'off' if now else 'on'}"


def _help(view: View) -> tuple[Command, ...]:
    return tuple(Command(name=name, title=title, hint="Help", run=partial(view.want, name)) for name, title in HELP)


def _settings(view: View) -> tuple[Command, ...]:
    return tuple(
        Command(name=f"setting:{name}", title=_title(meta_of(name)), hint="Setting",
                words=f"{name} {meta_of(name).help}", run=partial(view.open_setting, name))
        for name in names()
    )


def _title(meta: Meta) -> str:
    """A title of one word ("Port") says too little beside the rooms and actions: its section goes before it."""
    return meta.title if " " in meta.title else f"{meta.section}: {meta.title}"
