"""What the demo's menu offers to break, in which words, and what each entry does to the demo gateway."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from ibdesk.domain.errors import Cause, Unavailable
from ibdesk.services.demo_trading_faults import TradingBreakable, trading_faults
from ibdesk.services.demo_tws_faults import BreakableTws, heal_tws, tws_faults

#: Long enough to see what the desk makes of it, short enough to wait for: seconds.
OUTAGE, SLOWNESS, DRIP = 120.0, 3.0, 0.2
#: A computer's clock is commonly wrong by minutes; by an hour, when somebody set the time zone instead.
AHEAD, BEHIND = 300.0, -3600.0
#: What may safely be asked twice is asked again by itself on a new connection: both answers have to be lost.
SENDS = 2


class Breakable(TradingBreakable, Protocol):
    """A gateway that can be broken on purpose."""

    async def kill(self) -> None: ...
    async def restore(self) -> None: ...
    def expire_session(self) -> None: ...
    def compete(self) -> None: ...
    def lose_brokerage(self) -> None: ...
    def limit(self) -> None: ...
    def maintain(self, seconds: float) -> None: ...
    def slow(self, seconds: float, path: str = ...) -> None: ...
    def hang(self, is_hanging: bool = ...) -> None: ...
    def dribble(self, seconds: float, path: str = ...) -> None: ...
    def bad_bytes(self, kind: str, path: str = ..., times: int = ...) -> None: ...
    def half_pages(self, *, repeating: bool = ...) -> None: ...
    def skew_clock(self, seconds: float) -> None: ...
    def silence_sockets(self, are_silent: bool = ...) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFault:
    """One entry of the demo's menu: `title` names it, `help` says in a line what happens, `run` does it."""

    name: str
    title: str
    help: str
    run: Callable[[], Awaitable[None]]


def demo_faults(
    gateway: Breakable, *, forgive: Callable[[], None], tws: BreakableTws | None = None
) -> tuple[DemoFault, ...]:
    """Everything the demo's gateway can be made to suffer, and the way back as the last entry. `forgive` makes the desk
    forget that it was locked out: a real broker lets nobody out early, the demo's healing does. `tws` is the socket
    beside it, broken on its own and healed with the rest.

    Only the last can fail: Unavailable when something else listens on the gateway's port by now.
    """
    return (
        DemoFault(
            name="kill", title="Kill the gateway", run=gateway.kill,
            help="Every connection is cut and nothing listens any more.",
        ),
        _fault("expire", "End the sign-in", "The broker forgets who is signed in.", gateway.expire_session),
        _fault(
            "compete", "Sign in elsewhere", "Another program takes the brokerage session; half a minute later the "
            "gateway signs out.", gateway.compete,
        ),
        _fault(
            "lose brokerage", "Lose the brokerage session", "The sign-in stays, the brokerage session goes.",
            gateway.lose_brokerage,
        ),
        _fault(
            "limit", "Lock out for too many requests",
            "The broker answers 429 to everything; the desk asks nothing for 15 minutes.", gateway.limit,
        ),
        _fault(
            "maintenance", "Nightly reset", "The brokerage session is away for two minutes and comes back by itself.",
            partial(gateway.maintain, OUTAGE),
        ),
        _fault("slow", "Slow answers", "Every answer takes three seconds.", partial(gateway.slow, SLOWNESS)),
        _fault(
            "hang", "No answers", "Calls are taken and never answered, as when the gateway lost the internet.",
            gateway.hang,
        ),
        _fault(
            "dribble", "Dribbling answers", "Answers come a byte at a time, five a second.",
            partial(gateway.dribble, DRIP),
        ),
        *_bad_bytes(gateway),
        _fault(
            "half pages", "Half pages of positions",
            "A page holds half its rows, and the next begins by repeating the last one.",
            partial(gateway.half_pages, repeating=True),
        ),
        _fault(
            "lose reply", "Lose a reply", "The next request is carried out and its answer is lost.",
            partial(gateway.lose_reply, times=SENDS),
        ),
        _fault(
            "clock ahead", "Broker’s clock five minutes ahead", "The broker’s instants are five minutes ahead of ours.",
            partial(gateway.skew_clock, AHEAD),
        ),
        _fault(
            "clock behind", "Broker’s clock an hour behind", "The broker’s instants are an hour behind ours.",
            partial(gateway.skew_clock, BEHIND),
        ),
        _fault(
            "silent sockets", "Silent live stream", "The stream stays open and says nothing more.",
            gateway.silence_sockets,
        ),
        *(_fault(each.name, each.title, each.help, each.run) for each in trading_faults(gateway)),
        *(DemoFault(name=each.name, title=each.title, help=each.help, run=each.run)
          for each in (tws_faults(tws) if tws is not None else ())),
        DemoFault(
            name="heal", title="Heal everything", run=partial(_restore, gateway, forgive, tws),
            help="The gateway runs, nothing is broken, nobody is locked out and somebody is signed in.",
        ),
    )  # fmt: skip


def _fault(name: str, title: str, help: str, work: Callable[[], None]) -> DemoFault:  # noqa: A002 - the field's name
    async def run() -> None:
        work()

    return DemoFault(name=name, title=title, help=help, run=run)


#: What answers are replaced by (the demo's kinds), in words.
BAD_BYTES = (
    ("html", "An error page for an answer", "The next five answers are a web page."),
    ("truncated", "Cut answers", "The next five answers end in the middle."),
    ("empty", "Empty answers", "The next five answers are empty."),
    ("not_json", "Unreadable answers", "The next five answers are not what they claim to be."),
    ("unset", "Amounts not set", "The next five answers hold the broker’s mark for “no number”."),
    ("nan_text", "Amounts that are no numbers", "The first row of the next five pages says NaN."),
    ("missing_fields", "A row without its figures", "The first row of the next five pages lacks price and value."),
    ("unknown_class", "An unknown kind of instrument", "The first row of the next five pages is of no known class."),
    ("unknown_keys", "Fields nobody knows", "The first row of the next five pages says more than we know of."),
)


def _bad_bytes(gateway: Breakable) -> tuple[DemoFault, ...]:
    return tuple(
        _fault(
            f"bad bytes: {kind.replace('_', ' ')}", title, text,
            partial(gateway.bad_bytes, kind, "positions/" if "row" in text else ".*", 5),
        )
        for kind, title, text in BAD_BYTES
    )  # fmt: skip


async def _restore(gateway: Breakable, forgive: Callable[[], None], tws: BreakableTws | None) -> None:
    try:
        await gateway.restore()
        if tws is not None:
            await heal_tws(tws)
    except OSError as problem:
        raise Unavailable(
            "Something else listens on the demo gateway’s port by now.",
            remedy="End that program, or close the demo and open it again.", cause=Cause.GATEWAY_NOT_RUNNING,
        ) from problem
    forgive()
