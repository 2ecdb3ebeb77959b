"""The wizard's questions: each says what happens before it happens."""

from PySide6.QtWidgets import QWidget

from ibdesk.ui.wizard.parts import Question


def replace_certificate(parent: QWidget) -> Question:
    """Whether a changed certificate is the person’s own doing."""
    return Question(
        "Accept another certificate?",
        "Only do this if you replaced the gateway or its certificate yourself. Otherwise another program is "
        "listening there and would see everything the desk sends.",
        "Accept the new one", word="replace", danger=True, parent=parent,
    )


def use_remote(parent: QWidget) -> Question:
    """Whether a gateway on another computer is really meant."""
    return Question(
        "Use a gateway on another computer?",
        "Everyone who reaches that gateway can see the account and trade as you. IBKR means it to run on your own "
        "computer.", "Use it", danger=True, parent=parent,
    )


def take_over(parent: QWidget | None) -> Question:
    """Whether the competing login may be ended."""
    return Question(
        "Take the session over?",
        "The other program (TWS, IBKR Mobile or a browser) is signed out of trading at once. Orders stay where "
        "they are.", "Take over", danger=True, parent=parent,
    )


def leave(parent: QWidget) -> Question:
    """Whether the wizard ends here."""
    return Question(
        "Leave the wizard?", "Nothing you entered here is kept, and nothing was saved.", "Leave", no="Stay",
        parent=parent,
    )
