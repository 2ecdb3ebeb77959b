"""What an option is rolled into: the same right and strike at the next expiry the broker lists."""

from decimal import Decimal

from ibdesk.domain import prefilled
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.modes import Mode
from ibdesk.domain.orders import OrderTicket
from ibdesk.services.chains import Chains


async def rolling_ticket(
    chains: Chains, account: AccountId, mode: Mode, option: Instrument, held: Decimal
) -> OrderTicket:
    """Close what is held of the option and open as much at the next expiry, as one order. Raises DeskError;
    Refused(NOTHING_FOUND) when there is no later expiry at this strike."""
    return prefilled.rolling(account, mode, held, option, await next_expiry(chains, option))


async def next_expiry(chains: Chains, option: Instrument) -> Instrument:
    """The contract. Two roots that end on the same day: the option's own is preferred."""
    terms = option.option
    if terms is not None:
        underlying = await chains.open(option.underlying_conid or option.conid)
        for month in underlying.months:
            if month < terms.expiry.replace(day=1):
                continue
            found = [
                (each.option.expiry, each.trading_class != option.trading_class, each)
                for each in await chains.contracts(underlying, month, terms.strike)
                if each.option is not None and each.option.right is terms.right
                and each.option.expiry > terms.expiry and each.multiplier == option.multiplier
            ]  # fmt: skip
            if found:
                return min(found, key=lambda each: each[:2])[2]
    raise Refused(
        f"The broker lists no later expiry of {option.label} at this strike.",
        remedy="Choose another strike in the option chain.", cause=Cause.NOTHING_FOUND,
    )  # fmt: skip
