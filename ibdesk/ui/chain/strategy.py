"""How a strategy's legs are made around the strike under the mark, out of what the chain knows and what it lacks."""

from collections.abc import Sequence
from math import gcd

from ibdesk.domain.chains import ChainRow, Expiry
from ibdesk.domain.instruments import Instrument
from ibdesk.domain.orders import Leg, Side
from ibdesk.domain.strategies import StrategyLeg
from ibdesk.domain.templates import TEMPLATES, Ask, Ladder, Shape, TemplateName
from ibdesk.services.chains import Chains, Underlying

#: Strikes looked at on a second expiry: its steps are often wider.
FAR_STRIKES = 9


async def build(
    chains: Chains, name: TemplateName, shape: Shape, *, underlying: Underlying, expiry: Expiry,
    rows: Sequence[ChainRow], strike: ChainRow, far: Expiry | None,
) -> tuple[Leg, ...]:  # fmt: skip
    """The legs around `strike`; strikes it needs beyond `rows` are asked for. Refused(NOTHING_FOUND) where a strike or
    day is not listed."""
    template = TEMPLATES[name]
    contracts: tuple[Instrument, ...] = tuple(
        each for row in rows for each in (row.call, row.put) if each is not None
    )  # fmt: skip
    reach, place = shape.gap + shape.width, rows.index(strike)
    if template.asks & {Ask.GAP, Ask.WIDTH} and not reach <= place < len(rows) - reach:
        contracts += await chains.near(underlying, expiry, strike.strike, 2 * reach + 1)
    if Ask.FAR_EXPIRY in template.asks and far is not None and far.day != shape.expiry:
        contracts += await chains.near(underlying, far, strike.strike, FAR_STRIKES)
    ladder = Ladder(underlying=underlying.instrument, spot=strike.strike, contracts=contracts)
    return legs_of(template.legs(ladder, shape))


def legs_of(made: Sequence[StrategyLeg]) -> tuple[Leg, ...]:
    """Signed quantities as a ticket's legs, in the smallest whole ratio: 100 shares and a call stay so."""
    sizes = [int(abs(leg.quantity)) for leg in made]
    common = gcd(*sizes) if sizes else 1
    return tuple(
        Leg(instrument=leg.instrument, side=Side.BUY if leg.quantity > 0 else Side.SELL, ratio=size // common)
        for leg, size in zip(made, sizes, strict=True)
    )


def title_of(name: TemplateName, shape: Shape) -> str:
    """`Long vertical`, `Short iron condor`, `Covered call`."""
    if name is TemplateName.CUSTOM or Ask.SIDE not in TEMPLATES[name].asks:
        return name.value
    return f"{'Long' if shape.is_long else 'Short'} {name.value.lower()}"
