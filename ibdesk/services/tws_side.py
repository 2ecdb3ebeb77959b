"""What the wizard knows of a TWS or IB Gateway: what was typed, what was heard at its ports, and what is missing."""

from dataclasses import dataclass

from ibdesk.brokers.base import TwsPlace
from ibdesk.domain.accounts import Account, AccountId, Environment
from ibdesk.domain.diagnosis import Check, Examined, Verdict
from ibdesk.domain.sockets import Knock
from ibdesk.services.tws_contact import TwsSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class TwsSide:
    """`port` 0 is not chosen yet. `ports` is what a scan heard so far. `seen` and `results` belong to the place as it
    stands: another place forgets them. `note` is what was changed for the person, and has to be said."""

    host: str = "127.0.0.1"
    port: int = 0
    client_id: int = 1
    ports: tuple[tuple[int, Knock], ...] = ()
    seen: TwsSeen | None = None
    results: tuple[Examined, ...] = ()
    account: AccountId | None = None
    note: str = ""

    def place(self, environment: Environment) -> TwsPlace:
        """Where the wizard connects to; orders have the next number."""
        return TwsPlace(
            host=self.host, port=self.port, client_id=self.client_id, order_client_id=self.client_id + 1,
            environment=environment,
        )

    def heard(self, port: int) -> Knock | None:
        """What the scan heard at a port; None before it came there."""
        return next((each for at, each in self.ports if at == port), None)

    def result(self, check: Check) -> Examined | None:
        """One finding of the last meeting."""
        return next((each for each in self.results if each.check is check), None)

    @property
    def accounts(self) -> tuple[Account, ...]:
        return () if self.seen is None else self.seen.accounts

    @property
    def chosen(self) -> Account | None:
        """The account that opens, the first unless the person chose."""
        picked = [each for each in self.accounts if each.id == self.account]
        return next(iter((*picked, *self.accounts)), None)


def missing_to_reach(side: TwsSide) -> str:
    """What has to happen before the accounts can be looked at; "" when nothing."""
    if not side.host:
        return "Enter the host where TWS or IB Gateway runs."
    if not side.port:
        return "Choose a port, or scan for one."
    if side.seen is None:
        return "Connect, to see whether TWS answers there."
    if any(each.verdict is Verdict.BAD for each in side.results):
        return "One check needs you; it says where."
    return "" if side.accounts else "TWS has named no account yet."


def missing_to_verify(side: TwsSide) -> str:
    """What has to happen before an account can be taken; "" when nothing."""
    if side.seen is None or side.chosen is None:
        return "The account is being read."
    return "" if side.seen.picture(side.chosen.id) is not None else "This account was not read: connect again."
