"""Names become instruments, through the real adapter and the demo gateway's contracts."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from ibdesk.domain.errors import Cause, DeskError, Refused
from ibdesk.domain.instruments import AssetClass, Conid, Instrument, OptionTerms, Right
from ibdesk.domain.money import USD
from ibdesk.domain.occ import parse_option
from ibdesk.services.contracts import Contracts, best
from ibdesk.services.market import Market
from tests.services.workshop import Workshop, workshop

SPY = Conid(756733)


def with_names(folder: Path, life: Callable[[Contracts], Awaitable[None]]) -> None:
    async def run() -> None:
        async with workshop(folder) as shop:
            await shop.session.refresh()
            await life(market_of(shop).contracts)

    asyncio.run(run())


def market_of(shop: Workshop) -> Market:
    assert shop.broker.market is not None
    return Market(shop.broker.market, session=shop.session, database=shop.database, clock=shop.dial)


def test_a_symbol_names_the_share_in_any_case(tmp_path: Path) -> None:
    async def life(contracts: Contracts) -> None:
        found = await contracts.named(" aapl ")
        assert (found.conid, found.symbol, found.asset_class) == (265598, "AAPL", AssetClass.STOCK)
        assert await contracts.by_conid(found.conid) == found

    with_names(tmp_path, life)


@pytest.mark.parametrize("text", ["SPY 261218P570", "spy   261218P00570000", "SPY Dec18'26 570 P"])
def test_an_option_is_named_in_every_form_a_trader_writes(tmp_path: Path, text: str) -> None:
    async def life(contracts: Contracts) -> None:
        found = await contracts.named(text)
        assert found.option == OptionTerms(right=Right.PUT, strike=Decimal(570), expiry=date(2026, 12, 18))
        assert found.underlying_conid == SPY and found.multiplier == 100

    with_names(tmp_path, life)


@pytest.mark.parametrize(
    ("text", "cause"),
    [("NOPE", Cause.NOTHING_FOUND), ("SPY 261218P571.37", Cause.NOTHING_FOUND), ("SPY 261399P570", Cause.BAD_CONTRACT)],
)
def test_what_is_not_listed_is_never_something_near_it(tmp_path: Path, text: str, cause: Cause) -> None:
    async def life(contracts: Contracts) -> None:
        with pytest.raises(Refused) as refused:
            await contracts.named(text)
        assert refused.value.cause is cause and refused.value.remedy

    with_names(tmp_path, life)


def test_exactly_its_class_wins_then_its_symbol_and_never_an_adjusted_contract() -> None:
    def listed(name: str, conid: int) -> Instrument:
        return Instrument(
            conid=Conid(conid), symbol="SPX", asset_class=AssetClass.OPTION, currency=USD, trading_class=name,
            multiplier=Decimal(100), option=parse_option("SPX 261218P5700").terms,
        )  # fmt: skip

    weekly, monthly, adjusted = listed("SPXW", 1), listed("SPX", 2), listed("SPX1", 3)
    every, meant = (adjusted, weekly, monthly), parse_option("SPX 261218P5700")
    assert best(every, meant) == monthly
    assert best(every, parse_option("SPXW 261218P5700")) == weekly
    assert best(every, parse_option("SPX1 261218P5700")) == adjusted
    assert best((adjusted, weekly), meant) == weekly
    assert best((adjusted,), meant) is None and best((weekly,), parse_option("SPX 261218P5705")) is None


def test_another_exchange_is_not_guessed(tmp_path: Path) -> None:
    async def life(contracts: Contracts) -> None:
        with pytest.raises(Refused, match="on MEXI"):
            await contracts.share("AAPL", exchange="MEXI")
        with pytest.raises(Refused):
            await contracts.by_conid(Conid(1))

    with_names(tmp_path, life)


def test_nothing_is_asked_while_nobody_is_signed_in(tmp_path: Path) -> None:
    async def run() -> None:
        async with workshop(tmp_path, signed_out=True) as shop:
            await shop.session.refresh()
            before = shop.asked("secdef")
            with pytest.raises(DeskError):
                await market_of(shop).contracts.named("AAPL")
            assert shop.asked("secdef") == before

    asyncio.run(run())
