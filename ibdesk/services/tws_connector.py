"""How the wizard looks for TWS and meets it: the calls and their order; it is given everything it touches."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime

from ibdesk.brokers.base import TwsPlace
from ibdesk.domain.diagnosis import Examined
from ibdesk.domain.maintenance import next_outage, outage_at
from ibdesk.domain.session import Region
from ibdesk.domain.sockets import USUAL_PORTS, Knock
from ibdesk.services.doctor.socket import examine
from ibdesk.services.tws_contact import Knocking, Opening, TwsSeen, meet

#: The computer that is scanned; others are not.
LOCAL = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TwsConnector:
    """`offered` is the place of the settings in force; `ports` those that are scanned."""

    knock: Knocking
    opening: Opening
    clock: Callable[[], datetime]
    region: Callable[[], Region]
    offered: Callable[[], TwsPlace]
    ports: tuple[int, ...] = tuple(each.port for each in USUAL_PORTS)

    async def scan(self) -> AsyncGenerator[tuple[int, Knock], None]:
        """The usual ports of this computer one by one; close it to end it."""
        for port in self.ports:
            yield port, await self.knock(LOCAL, port)

    async def meet(self, place: TwsPlace) -> tuple[TwsSeen, tuple[Examined, ...]]:
        """Connect, ask and leave; what came of it, and what that means in the documents' order."""
        seen = await meet(place, knock=self.knock, opening=self.opening, clock=self.clock)
        now, region = self.clock(), self.region()
        return seen, tuple(examine(seen, outage_at(now, region), next_outage(now, region)))
