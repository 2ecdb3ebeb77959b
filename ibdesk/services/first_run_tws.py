"""The wizard's path over TWS or IB Gateway: what typing, scanning, meeting and choosing change in its state."""

from dataclasses import replace

from ibdesk.brokers.base import TwsPlace
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.diagnosis import Examined
from ibdesk.domain.sockets import Knock
from ibdesk.services.first_run import FirstRun, Way
from ibdesk.services.tws_contact import TwsSeen
from ibdesk.services.tws_side import TwsSide


def choose_way(state: FirstRun, way: Way) -> FirstRun:
    """By which program the account is reached."""
    return state if way is state.entries.way else replace(state, entries=replace(state.entries, way=way))


def offer(state: FirstRun, place: TwsPlace) -> FirstRun:
    """What the settings in force say, as a beginning; the port stays to be chosen where it is the usual one."""
    side = TwsSide(host=place.host, client_id=place.client_id)
    return replace(state, tws=side if state.tws == TwsSide() else state.tws)


def edit_place(
    state: FirstRun, *, host: str | None = None, port: int | None = None, client_id: int | None = None
) -> FirstRun:
    """Another host, port or client id; what was found belonged to the old one."""
    side = state.tws
    new = replace(
        side, host=side.host if host is None else host.strip(), port=side.port if port is None else port,
        client_id=side.client_id if client_id is None else client_id,
    )
    if new == side:
        return state
    ports = side.ports if new.host == side.host else ()
    return replace(state, tws=replace(new, seen=None, results=(), ports=ports, account=None, note=""))


def use_client_id(state: FirstRun, client_id: int) -> FirstRun:
    """The free number that was offered, and a word about it."""
    taken = state.tws.client_id
    state = edit_place(state, client_id=client_id)
    note = f"Client id {taken} was in use: ibdesk uses {client_id} from now on, and {client_id + 1} for orders."
    return replace(state, tws=replace(state.tws, note=note))


def scanned(state: FirstRun, host: str, port: int, heard: Knock) -> FirstRun:
    """What was heard at one port of this computer."""
    if host != state.tws.host or state.is_over:
        return state
    ports = (*(each for each in state.tws.ports if each[0] != port), (port, heard))
    return replace(state, tws=replace(state.tws, ports=ports))


def forget_scan(state: FirstRun) -> FirstRun:
    """Another scan begins."""
    return replace(state, tws=replace(state.tws, ports=()))


def met(state: FirstRun, seen: TwsSeen, results: tuple[Examined, ...]) -> FirstRun:
    """A meeting ended; one with another place than ours is too late and changes nothing."""
    environment = state.entries.environment
    if state.is_over or environment is None or seen.place != state.tws.place(environment):
        return state
    return replace(state, tws=replace(state.tws, seen=seen, results=results))


def meet_again(state: FirstRun) -> FirstRun:
    """Everything is to be looked at again."""
    return replace(state, tws=replace(state.tws, seen=None, results=()))


def choose_tws_account(state: FirstRun, account: AccountId) -> FirstRun:
    """Another of the accounts that TWS named."""
    return replace(state, tws=replace(state.tws, account=account), ticks=())
