"""Which modes can be entered from here, why the others cannot, and what the next step is: pure sentences."""

from collections.abc import Mapping
from dataclasses import dataclass

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.modes import FACES, Mode, ModeFace, face_of

#: No broker of that name is built in; saying so is truer than "coming soon".
ALPACA = "This version speaks to no Alpaca account. Practise in Local Paper instead."


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeChoice:
    """One mode as it is offered: `note` says what it is or why it is closed and what to do then."""

    face: ModeFace
    note: str
    is_here: bool = False
    is_open: bool = True

    @property
    def command(self) -> str:
        """The application's command that enters it."""
        return f"mode:{self.face.mode.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the offer depends on. `connected` are the environments with credentials and their accounts; `lender` is
    the environment of the open desk, which lends Local Paper its prices; `open_items` counts what the going-live
    checklist still asks for, None before it was read; `armed` is the account whose live orders are unlocked."""

    mode: Mode
    lender: Environment
    connected: Mapping[Environment, AccountId]
    uses_ibkr: bool = True
    open_items: int | None = None
    armed: AccountId | None = None


def choices(standing: Standing) -> tuple[ModeChoice, ...]:
    """Every mode in the documents' order; Demo only where it concerns the desk."""
    in_demo = standing.lender is Environment.DEMO
    faces = [face for face in FACES if in_demo or face.mode is not Mode.DEMO]
    return tuple(_choice(face, standing) for face in faces)


def choice_of(mode: Mode, standing: Standing) -> ModeChoice:
    """One of them; Demo, too, where it is not offered."""
    return _choice(face_of(mode), standing)


def _choice(face: ModeFace, standing: Standing) -> ModeChoice:
    here = face.mode is standing.mode
    why = "" if here else _closed(face.mode, standing)
    return ModeChoice(face=face, note=why or _note(face.mode, standing), is_here=here, is_open=not why)


def _closed(mode: Mode, standing: Standing) -> str:
    """Why it cannot be entered, and the next step."""
    in_demo = standing.lender is Environment.DEMO
    match mode:
        case Mode.ALPACA_PAPER | Mode.ALPACA_LIVE:
            return ALPACA
        case Mode.DEMO:
            return "" if in_demo else "A desk of its own: open it with “ibdesk demo”."
        case Mode.IBKR_PAPER | Mode.IBKR_LIVE if in_demo:
            return "Not from the demo. Quit it and open ibdesk to connect an account of your own."
        case Mode.LOCAL_PAPER if not standing.uses_ibkr:
            return "It needs a broker's prices. Turn “Use Interactive Brokers” on in Settings."
        case Mode.LOCAL_PAPER if not in_demo and not standing.connected:
            return "It needs a broker's prices. Connect an account first."
    return ""


def _note(mode: Mode, standing: Standing) -> str:
    """What it is, of one that can be entered or is entered."""
    if not standing.uses_ibkr and mode in (Mode.IBKR_PAPER, Mode.IBKR_LIVE):
        return "What is stored can be read. Interactive Brokers is switched off in Settings."
    match mode:
        case Mode.LOCAL_PAPER:
            prices = {Environment.DEMO: "the demo's", Environment.PAPER: "IBKR's", Environment.LIVE: "IBKR's"}
            return f"A pretend account on this computer, at {prices[standing.lender]} prices."
        case Mode.IBKR_PAPER:
            account = standing.connected.get(Environment.PAPER)
            return f"IBKR's simulated trading, account {account}." if account else "Not connected yet. Connect…"
        case Mode.IBKR_LIVE:
            return _live(standing)
        case _:
            return "A pretend broker inside this program. Nothing leaves the computer."


def _live(standing: Standing) -> str:
    account = standing.connected.get(Environment.LIVE)
    if account is None:
        return "Real money. Not connected yet: a guide goes through it step by step…"
    if standing.armed is not None:
        return f"Real money. Live orders of {standing.armed} are unlocked."
    if standing.open_items is None:
        return f"Real money, account {account}."
    if standing.open_items:
        few = "1 item" if standing.open_items == 1 else f"{standing.open_items} items"
        return f"Real money, account {account}. To look at only: {few} of Going live are open."
    return f"Real money, account {account}. Live orders are locked until you unlock them."
