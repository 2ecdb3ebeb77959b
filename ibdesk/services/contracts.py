"""What a person's words name: a symbol, or an option as traders write it, becomes the one instrument it stands for."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ibdesk.brokers.base import MarketData
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.instruments import AssetClass, Conid, Instrument
from ibdesk.domain.market import ContractMatch
from ibdesk.domain.occ import OptionName, is_nonstandard, parse_option, render_label

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHARES = frozenset({AssetClass.STOCK, AssetClass.ETF})
#: What options are written on; those on futures are found under the future's index, by conid.
_UNDERLYINGS = _SHARES | {AssetClass.INDEX}


class Contracts:
    """Instruments by name. `check` raises while the broker may not be asked."""

    def __init__(self, broker: MarketData, *, check: Callable[[], None]) -> None:
        self._broker = broker
        self._check = check

    async def named(self, text: str, *, exchange: str = "") -> Instrument:
        """A share by its symbol, or an option by its text. Refused(NOTHING_FOUND, BAD_CONTRACT)."""
        words = text.strip()
        if any(each.isdigit() for each in words) and (" " in words or len(words) > 8):
            return await self.option(parse_option(words))
        return await self.share(words, exchange=exchange)

    async def share(self, symbol: str, *, exchange: str = "") -> Instrument:
        """The stock or fund of this symbol; the broker lists its best match first. `exchange` chooses another."""
        matches = await self._exact(symbol, _SHARES)
        wanted = [each for each in matches if not exchange or each.exchange.upper() == exchange.upper()]
        if not wanted:
            where = ", ".join(dict.fromkeys(each.exchange for each in matches if each.exchange))
            remedy = f"It is listed on {where}." if where else "Look for it: ibdesk contract find"
            raise _nothing(
                f"The broker knows no stock {symbol.upper()}{' on ' + exchange if exchange else ''}.", remedy
            )
        return await self.by_conid(wanted[0].conid)

    async def by_conid(self, conid: Conid) -> Instrument:
        """What the broker calls by this number."""
        self._check()
        found = await self._broker.instruments([conid])
        if not found:
            raise _nothing(f"The broker knows no contract {conid}.", "Look for it: ibdesk contract find")
        return found[0]

    async def option(self, name: OptionName) -> Instrument:
        """The listed option of this name."""
        return (await self.in_chain(name))[1]

    async def in_chain(self, name: OptionName) -> tuple[Conid, Instrument]:
        """The listed option of this name, with what its chain is found under: the underlying, or of an option on a
        future the future's index. The name's root is the class it trades in, such as SPXW, else what it is on."""
        month = name.terms.expiry.replace(day=1)
        for symbol in _symbols(name.root):
            matches = await self._exact(symbol, _UNDERLYINGS)
            for match in sorted(matches, key=lambda match: not match.option_months)[:1]:
                listed = await self._broker.chain_contracts(match.conid, month, name.terms.strike)
                found = best(listed, name)
                if found is not None:
                    return match.conid, found
        raise _nothing(
            f"The broker lists no {render_label(name)}.",
            "Check root, expiry and strike; the chain shows what is listed.",
        )

    async def _exact(self, symbol: str, classes: frozenset[AssetClass]) -> "Sequence[ContractMatch]":
        self._check()
        matches = await self._broker.find(symbol)
        wanted = symbol.strip().upper()
        return [each for each in matches if each.symbol.upper() == wanted and classes & set(each.classes)]


def _symbols(root: str) -> tuple[str, ...]:
    """What the underlying may be called: the root itself, without an adjusted contract's digit, without the letter that
    marks a weekly class."""
    return tuple(dict.fromkeys(each for each in (root, root.rstrip("0123456789"), root[:-1]) if each))


def best(listed: "Sequence[Instrument]", name: OptionName) -> Instrument | None:
    """Of what is listed the contract that is meant: of exactly this class, else one on this symbol, but then never an
    adjusted one, which delivers something else."""
    mine = [each for each in listed if each.option == name.terms]
    exact = (each for each in mine if (each.trading_class or each.symbol) == name.root)
    return next(exact, None) or next(
        (each for each in mine if each.symbol == name.root and not is_nonstandard(each)), None
    )


def _nothing(message: str, remedy: str) -> Refused:
    return Refused(message, remedy=remedy, cause=Cause.NOTHING_FOUND)
