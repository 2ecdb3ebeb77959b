"""What a page of the wizard may ask of the panel it stands in."""

from collections.abc import Callable
from typing import Protocol

from ibdesk.domain.diagnosis import Examined
from ibdesk.services.findings import Action
from ibdesk.services.first_run import FirstRun


class Host(Protocol):
    """Pages change the state through this and draw what comes back."""

    @property
    def state(self) -> FirstRun: ...

    def change(self, step: Callable[[FirstRun], FirstRun]) -> None:
        """Apply a transition and redraw."""

    def act(self, action: Action) -> None:
        """Do what a check's button offers."""

    @property
    def can_start(self) -> bool:
        """Whether a gateway on this computer may be started from here."""

    def gateway_act(self, name: str) -> None:
        """A wish of the gateway's card."""

    def fix(self, found: Examined) -> None:
        """What a finding's button promises."""

    def probe(self) -> None:
        """Look at the gateway again."""

    def sign_in_for_me(self) -> None:
        """Walk the demo's sign-in pages. Only the demo offers it."""

    def advance(self) -> None:
        """What the Continue button does."""

    def choose_folder(self) -> None:
        """Ask for the folder of a downloaded gateway and show what is in it."""

    def open_page(self, address: str) -> None:
        """Show a page of the web in the system's browser."""

    def help(self, topic: str) -> None:
        """Open one of the help texts."""
