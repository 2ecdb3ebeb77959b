"""Option contracts for tests: one underlying at 100, any strike and either of two expiries, each with its own conid."""

from collections import Counter
from datetime import date
from decimal import Decimal

from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import USD
from ibdesk.domain.options import Holdings, recognise
from ibdesk.domain.strategies import Recognition

JAN, FEB = date(2027, 1, 15), date(2027, 2, 19)
MONTHS = {"Jan": JAN, "Feb": FEB}
XYZ = Instrument(conid=Conid(1), symbol="XYZ", asset_class=AssetClass.STOCK, currency=USD)


def option(text: str, *, root: str = "XYZ", multiplier: int = 100) -> Instrument:
    """`Jan 100C`."""
    month, rest = text.split()
    terms = OptionTerms(right=Right(rest[-1]), strike=Decimal(rest[:-1]), expiry=MONTHS[month])
    conid = Conid(terms.expiry.toordinal() * 10_000_000 + int(terms.strike * 1000) * 2 + (rest[-1] == "P"))
    if root != "XYZ":
        conid = Conid(conid + 10**13 + sum(map(ord, root)) * 10**14)
    return Instrument(conid=conid, symbol="XYZ", asset_class=AssetClass.OPTION, currency=USD, trading_class=root,
                      multiplier=Decimal(multiplier), expiry=terms.expiry, option=terms,
                      underlying_conid=XYZ.conid)  # fmt: skip


def holdings(*lines: str) -> Holdings:
    """`+250 XYZ`, `-2 Jan 105C`, `-1 XYZ1 Jan 105C` for another root."""
    rows = []
    for line in lines:
        words = line.split()
        if words[1:] == ["XYZ"]:
            instrument = XYZ
        elif len(words) == 4:
            instrument = option(" ".join(words[2:]), root=words[1])
        else:
            instrument = option(" ".join(words[1:]))
        rows.append((instrument, Decimal(words[0])))
    return tuple(rows)


def only(*lines: str) -> Recognition:
    (found,) = recognise(holdings(*lines))
    return found


def names(*lines: str) -> Counter[str]:
    """Each strategy with how many units of it were found."""
    found: Counter[str] = Counter()
    for part in only(*lines).parts:
        found[part.strategy.value] += int(part.units)
    return found


def naked(*lines: str) -> dict[str, Decimal]:
    return {leg.instrument.label: leg.quantity for leg in only(*lines).naked}
