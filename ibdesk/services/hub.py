"""Who hears of which event: plain callbacks, called at once and in the order they subscribed."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, TypeVar

from ibdesk.domain.events import Event

E = TypeVar("E", bound=Event)


class Hub:
    """Carries events upwards. Call it on the loop's thread only."""

    def __init__(self) -> None:
        self._listeners: dict[type[Any], list[Callable[[Any], None]]] = {}

    def subscribe(self, kind: type[E], callback: Callable[[E], None]) -> Callable[[], None]:
        """Call `callback` with every event of this kind from now on; the answer ends that. Ending twice is fine."""
        listeners = self._listeners.setdefault(kind, [])
        listeners.append(callback)

        def unsubscribe() -> None:
            if callback in listeners:
                listeners.remove(callback)

        return unsubscribe

    def publish(self, event: Event) -> None:
        """Tell everyone who asked. A listener that fails does not keep the news from the others; its error is raised
        after all have heard."""
        with ExitStack() as everyone:
            for listener in reversed(self._listeners.get(type(event), [])):
                everyone.callback(listener, event)
