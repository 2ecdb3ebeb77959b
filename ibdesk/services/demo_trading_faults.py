"""What the demo's menu offers to go wrong with orders, in which words, and what each entry does to the demo gateway."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

#: What the names of these entries begin with, and where the desk sends an order, a cancellation and all of them.
FAMILY = "orders: "
PLACE, EVERY = r"/orders$", r"/order/-1"
#: A question no version of the broker asks.
STRANGE = "o99999"


class TradingBreakable(Protocol):
    """A gateway whose order desk can be broken on purpose."""

    def lose_reply(self, path: str = ..., *, method: str = ..., times: int = ...) -> None: ...
    def unavailable_but_done(self, path: str, *, method: str = ..., times: int = ...) -> None: ...
    def deliver_twice(self, path: str, *, method: str = ..., times: int = ...) -> None: ...
    def die_at(self, path: str, *, method: str = ..., after: bool = ...) -> None: ...
    def ask(self, *ids: str) -> None: ...
    def forget_reply(self, times: int = ...) -> None: ...
    def reject_order(self, words: str = ..., *, late: bool = ...) -> None: ...
    def fill_half_then_cancel(self, times: int = ...) -> None: ...
    def fill_before_cancel(self, times: int = ...) -> None: ...
    def double_executions(self, times: int = ...) -> None: ...
    def reverse_order_news(self, times: int = ...) -> None: ...
    def spoil_what_if(self, kind: str) -> None: ...
    def freeze_quotes(self, conid: int = ...) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingFault:
    """One entry; `run` sets it off at once, and it meets the next thing it is about."""

    name: str
    title: str
    help: str
    run: Callable[[], None]


def trading_faults(gateway: TradingBreakable) -> tuple[TradingFault, ...]:
    """Everything that can be made to go wrong with orders. Healing the gateway takes them all back."""
    return (
        _fault("lost reply", "Lose an order’s reply", "The next order is placed and its answer is lost.",
               partial(gateway.lose_reply, PLACE, method="POST")),
        _fault("placed but 503", "An order placed and called failed",
               "The next order is placed and answered with an error.",
               partial(gateway.unavailable_but_done, PLACE, method="POST")),
        _fault("duplicate", "An order that arrives twice", "The next order reaches the broker twice.",
               partial(gateway.deliver_twice, PLACE, method="POST")),
        _fault("death before", "Die before an order", "The gateway dies as the next order arrives.",
               partial(gateway.die_at, PLACE, method="POST")),
        _fault("death after", "Die after an order", "The gateway dies when the next order is placed.",
               partial(gateway.die_at, PLACE, method="POST", after=True)),
        _fault("strange question", "A question nobody knows", "The next order is asked about in unknown words.",
               partial(gateway.ask, STRANGE)),
        _fault("stale reply", "A question forgotten", "The broker forgets the next question before it is answered.",
               gateway.forget_reply),
        _fault("reject", "Reject an order", "The next order is refused at once.", gateway.reject_order),
        _fault("late reject", "Reject an order late", "The next order is accepted and then found inactive.",
               partial(gateway.reject_order, late=True)),
        _fault("half filled", "Fill half, then cancel", "The next order fills half and is cancelled by the venue.",
               gateway.fill_half_then_cancel),
        _fault("filled first", "A fill quicker than a cancel", "The next order to be cancelled fills first.",
               gateway.fill_before_cancel),
        _fault("told twice", "An execution told twice", "The next executions are told twice.",
               gateway.double_executions),
        _fault("backwards", "Order news backwards", "The next news of orders comes with the latest first.",
               gateway.reverse_order_news),
        _fault("preview sentinel", "Previews without numbers", "Previews hold the broker’s mark for “no number”.",
               partial(gateway.spoil_what_if, "sentinel")),
        _fault("preview warning", "Previews that warn first", "Previews answer with a warning and no figures.",
               partial(gateway.spoil_what_if, "warning")),
        _fault("frozen quotes", "Frozen quotes", "Prices stand still while the market goes on.",
               gateway.freeze_quotes),
        _fault("cut in cancel all", "Die in the middle of cancel all",
               "The gateway dies as all orders are to be cancelled.",
               partial(gateway.die_at, EVERY, method="DELETE")),
    )  # fmt: skip


def _fault(name: str, title: str, help: str, work: Callable[[], None]) -> TradingFault:  # noqa: A002 - the field's name
    return TradingFault(name=FAMILY + name, title=title, help=help, run=work)
