"""The questions before something is done to the vault: each says what happens before it happens."""

from PySide6.QtWidgets import QWidget

from ibdesk.ui.wizard.parts import Question


def close_to_restore(parent: QWidget | None) -> Question:
    """Whether the desk may be closed, so that a backup can take the vault's place."""
    return Question(
        "Close the desk to restore a backup?",
        "The session, streams and syncs of this desk stop. You choose the backup on the next page, and can still go "
        "back there. The vault as it is now is kept beside the restored one.",
        "Close the desk", parent=parent,
    )
