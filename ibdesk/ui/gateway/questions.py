"""The questions before an act on the gateway: each says what happens before it happens."""

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from ibdesk.domain.diagnosis import Examined, GatewayProcess
from ibdesk.ui.wizard.parts import Question


def stop(process: GatewayProcess, parent: QWidget | None, *, again: bool = False) -> Question:
    """Whether the gateway may be stopped, or stopped and started `again`."""
    whose = "" if process.ours else " ibdesk did not start it; somebody else may be using it."
    number = "" if process.pid is None else f" (process {process.pid})"
    return Question(
        "Restart the gateway?" if again else "Stop the gateway?",
        f"The gateway{number} ends at once, and with it the sign-in of every program that uses it. Orders at the "
        f"broker stay where they are.{whose}",
        "Restart it" if again else "Stop it", danger=True, parent=parent,
    )


def exposed(found: Sequence[Examined], parent: QWidget | None) -> Question:
    """Whether the gateway may be started although its conf.yaml is unsafe: what was found, all of it."""
    told = "\n\n".join(f"{each.statement} {each.advice}".rstrip() for each in found)
    return Question(
        "Start the gateway with this conf.yaml?", told, "Start it all the same", danger=True, parent=parent
    )


def move_port(port: int, parent: QWidget | None) -> Question:
    """Whether the gateway may listen elsewhere than on this port."""
    return Question(
        f"Move the gateway away from port {port}?",
        "listenPort in conf.yaml becomes the next port that is free, and ibdesk looks for the gateway there. A copy of "
        "the file is kept beside it. A gateway that runs has to be started anew.",
        "Move it", parent=parent,
    )


def clear_cookies(parent: QWidget | None) -> Question:
    """Whether the gateway's cookies may be emptied, which signs out."""
    return Question(
        "Clear the gateway’s cookies?",
        "The gateway forgets its sign-in at the broker: you sign in again afterwards. This helps when a sign-in ends "
        "in a loop or expires at once. Your browser shows the gateway’s own page for it.",
        "Open that page", parent=parent,
    )
