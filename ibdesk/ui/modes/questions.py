"""What is asked before a mode is changed and before live orders are unlocked: each says what happens and what stays."""

from decimal import Decimal

from PySide6.QtWidgets import QWidget

from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.modes import Mode, ModeFace
from ibdesk.domain.money import USD
from ibdesk.domain.paper.book import PaperBook
from ibdesk.ui.format import money
from ibdesk.ui.wizard.parts import Question


def change_mode(
    leaving: ModeFace, entering: ModeFace, *, working: int, tickets: int, parent: QWidget | None
) -> Question:
    """Whether to go on in another mode. `working` orders and `tickets` in work stay with the one that is left."""
    return Question(
        f"Change to {entering.word}?",
        " ".join(part for part in (_what(entering), _working(leaving, working), _tickets(leaving, tickets)) if part),
        f"Change to {entering.word}", danger=entering.environment is Environment.LIVE, parent=parent,
    )


def unlock(account: AccountId, *, guarded: int, is_read_only: bool, parent: QWidget | None) -> Question:
    """Whether live orders may leave: the account's number is typed."""
    first = f" The next {guarded} are guarded: small, with a limit, each confirmed." if guarded > 1 else (
        " The next one is guarded: small, with a limit, confirmed." if guarded else "")
    opens = " “Read only” is turned off for it, so the desk opens anew." if is_read_only else ""
    return Question(
        "Unlock live orders?",
        f"Orders of {account} then trade real money, until somebody signs out or ibdesk closes.{first}{opens} "
        "Every rule still looks at every order, and each is held before it is sent.",
        "Unlock live orders", word=account, danger=True, parent=parent,
    )


def reset_paper(book: PaperBook, cash: Decimal, *, parent: QWidget | None) -> Question:
    """Whether a new account takes the place of this one."""
    held, working = len(book.ledger.holdings), len(book.working)
    lost = ", ".join(part for part in (
        f"{held} {'position' if held == 1 else 'positions'}" if held else "",
        f"{working} working {'order' if working == 1 else 'orders'}" if working else "",
    ) if part)  # fmt: skip
    return Question(
        "Reset Local Paper?",
        f"A new account with {money(cash, USD)} takes the place of {book.account}. "
        f"{f'Its {lost} and its history are' if lost else 'Its history is'} not shown any more; executions and "
        "receipts stay in the vault.",
        "Reset Local Paper", danger=True, parent=parent,
    )  # fmt: skip


def _what(entering: ModeFace) -> str:
    match entering.mode:
        case Mode.LOCAL_PAPER:
            return "Orders then stay on this computer, in a pretend account."
        case Mode.IBKR_PAPER:
            return "Orders then go to IBKR's simulated trading."
        case Mode.IBKR_LIVE:
            return "Orders then go to your account at IBKR, with real money."
        case _:
            return "Orders then go to the demo."


def _working(leaving: ModeFace, count: int) -> str:
    if not count:
        return ""
    one = count == 1
    if leaving.mode is Mode.LOCAL_PAPER:
        return (f"{count:,} {'order rests' if one else 'orders rest'} in {leaving.word} meanwhile: nothing is filled "
                "there while you are elsewhere.")  # fmt: skip
    return (f"{count:,} {'order goes' if one else 'orders go'} on working in {leaving.word} and can be filled while "
            f"you are elsewhere; cancel {'it' if one else 'them'} first if that is not wanted.")  # fmt: skip


def _tickets(leaving: ModeFace, count: int) -> str:
    if not count:
        return ""
    if count == 1:
        return f"An open ticket keeps {leaving.word} and is not sent from here."
    return f"{count:,} open tickets keep {leaving.word} and are not sent from here."
