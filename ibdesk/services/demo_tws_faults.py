"""What the demo's menu offers to go wrong with its TWS, in which words, and what each entry does to the socket."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

#: What the names of these entries begin with.
FAMILY = "tws: "


class BreakableFaults(Protocol):
    """What can be broken while the socket stands."""

    def broker_lost(self, code: int = ...) -> None: ...
    def broker_back(self, *, lost: bool = ...) -> None: ...
    def farms(self, *, lost: bool) -> None: ...
    def late_commissions(self, seconds: float) -> None: ...
    def half_open(self) -> None: ...
    def heal(self) -> None: ...


class BreakableTws(Protocol):
    """A TWS that can be broken on purpose."""

    @property
    def is_running(self) -> bool: ...
    @property
    def faults(self) -> BreakableFaults: ...
    async def start(self) -> None: ...
    async def kill(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TwsFault:
    """One entry of the menu."""

    name: str
    title: str
    help: str
    run: Callable[[], Awaitable[None]]


#: Seconds a commission report takes where it is late: long enough to see its position wait.
LATE = 10.0


def tws_faults(tws: BreakableTws) -> tuple[TwsFault, ...]:
    """Everything that can be made to go wrong with the demo's TWS; `heal_tws` takes it all back."""
    faults = tws.faults
    return (
        TwsFault(name=f"{FAMILY}close", title="Close TWS", run=tws.kill,
                 help="Its socket is cut and nothing listens there any more."),
        _fault("lose the broker", "TWS loses the broker", "TWS stays, its connection to the broker is gone.",
               faults.broker_lost),
        _fault("broker is back", "The broker is back at TWS", "TWS has the broker again and lost what was subscribed.",
               partial(faults.broker_back, lost=True)),
        _fault("lose the data farms", "TWS loses its data farms", "The farms for prices and history are gone.",
               partial(faults.farms, lost=True)),
        _fault("late commissions", "Late commission reports", "They come ten seconds after their executions.",
               partial(faults.late_commissions, LATE)),
        _fault("fall silent", "TWS falls silent", "Its connections stay open and nothing comes any more.",
               faults.half_open),
    )


async def heal_tws(tws: BreakableTws) -> None:
    """Take every fault back and listen again. Raises OSError when something else listens on its port by now."""
    if not tws.is_running:
        await tws.start()
    tws.faults.heal()
    tws.faults.farms(lost=False)


def _fault(name: str, title: str, help: str, work: Callable[[], None]) -> TwsFault:  # noqa: A002 - the field's name
    async def run() -> None:
        work()

    return TwsFault(name=f"{FAMILY}{name}", title=title, help=help, run=run)
