"""What ib_insync (or ib_async) does when the gateway misbehaves, as once observed: adapters build on this."""

import asyncio
import sys
from typing import Any

import pytest

from ibdesk.demo.tws.server import TwsService
from tests.demo.tws.door import open_tws, placing, signed_on
from tests.demo.tws.peers import NAME, library, library_client
from tests.demo.tws.test_peer_library import MAIN, until

IS_ASYNC = NAME == "ib_async"
FLOAT_MAX = sys.float_info.max


async def refused(service: TwsService, **settings: Any) -> tuple[type[BaseException], list[int]]:
    """How connecting fails, and the errors that were told before."""
    ib, codes = library().IB(), list[int]()
    ib.errorEvent += lambda _id, code, *_: codes.append(code)
    try:
        await ib.connectAsync("127.0.0.1", service.port, clientId=7, timeout=0.3, **settings)
    except (TimeoutError, OSError) as error:
        return type(error), codes
    finally:
        ib.disconnect()
    raise AssertionError("it connected")


async def buy(ib: Any, quantity: int = 5) -> Any:
    contract = (await ib.reqContractDetailsAsync(library().Contract(conId=265598)))[0].contract
    trade = ib.placeOrder(contract, library().MarketOrder("BUY", quantity, account=MAIN, tif="DAY"))
    await until(lambda: trade.orderStatus.status == "Filled")
    return trade


def test_a_taken_client_id_is_told_at_once_and_ends_in_a_time_out() -> None:
    async def main() -> None:
        async with open_tws() as (_, service):
            service.faults.refuse_client_id(7)
            assert await refused(service) == (TimeoutError, [326])

    asyncio.run(main())


@pytest.mark.parametrize("fault", ["accept_and_hang", "accept_and_close"])
def test_no_answer_and_no_handshake_end_in_a_time_out(fault: str) -> None:
    async def main() -> None:
        async with open_tws() as (_, service):
            getattr(service.faults, fault)()
            assert await refused(service) == (TimeoutError, [])

    asyncio.run(main())


def test_a_server_that_is_too_old_ends_in_a_time_out() -> None:
    async def main() -> None:
        async with open_tws() as (_, service):
            service.faults.answer_version(150)
            assert await refused(service) == (TimeoutError, [])

    asyncio.run(main())


def test_a_stopped_server_refuses() -> None:
    async def main() -> None:
        async with open_tws() as (_, service):
            await service.stop()
            assert await refused(service) == (ConnectionRefusedError, [])

    asyncio.run(main())


@pytest.mark.parametrize("rude", [False, True])
def test_a_drop_in_the_middle_of_a_message_wipes_what_the_client_knew(rude: bool) -> None:
    async def main() -> None:
        async with open_tws() as (_, service), library_client(service) as ib:
            gone: list[bool] = []
            ib.disconnectedEvent += lambda: gone.append(True)
            assert ib.positions()
            service.faults.drop_mid_message(rude=rude)
            with pytest.raises(ConnectionError):
                await ib.reqCurrentTimeAsync()
            assert gone == [True]
            assert not ib.positions()

    asyncio.run(main())


def test_a_half_open_connection_looks_connected() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), library_client(service) as ib:
            service.faults.half_open()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(ib.reqCurrentTimeAsync(), 0.1)
            assert ib.isConnected()

    asyncio.run(main())


@pytest.mark.parametrize("fault", ["slow_drip", "big_bursts"])
def test_dripping_and_bursting_bytes_are_read(fault: str) -> None:
    async def main() -> None:
        async with open_tws() as (_, service):
            if fault == "slow_drip":
                service.faults.slow_drip(0.00001)
            else:
                service.faults.big_bursts()
            async with library_client(service, timeout=20, readonly=True) as ib:
                assert len(ib.positions()) == 24

    asyncio.run(main())


def test_a_gateway_that_comes_back_is_joined_by_a_fresh_client() -> None:
    async def main() -> None:
        async with open_tws() as (_, service):
            async with library_client(service) as ib:
                trade = await buy(ib)
                await service.faults.nightly_restart(0.02)
                await until(lambda: not ib.isConnected())
            async with library_client(service) as ib:
                assert trade.fills[0].execution.execId in [one.execution.execId for one in ib.fills()]
                assert ib.client.getReqId() > trade.order.orderId

    asyncio.run(main())


@pytest.mark.parametrize("name", ["positions", "orders", "completed"])
def test_a_missing_end_marker_is_only_logged_at_connect(name: str) -> None:
    async def main() -> None:
        async with open_tws() as (_, service):
            service.faults.lose_end(name)
            async with library_client(service, timeout=0.3) as ib:
                assert ib.isConnected()

    asyncio.run(main())


def test_a_missing_end_of_executions_ends_the_older_library_only() -> None:
    async def main() -> None:
        async with open_tws() as (_, service):
            service.faults.lose_end("executions")
            if not IS_ASYNC:
                assert (await refused(service))[0] is TimeoutError
                return
            async with library_client(service, timeout=0.3) as ib:
                assert ib.isConnected()

    asyncio.run(main())


def test_a_read_only_gateway_is_joined_read_only() -> None:
    async def main() -> None:
        async with open_tws() as (_, service):
            service.faults.read_only()
            async with library_client(service, readonly=True) as ib:
                assert ib.positions()
                codes: list[int] = []
                ib.errorEvent += lambda _id, code, *_: codes.append(code)
                contract = (await ib.reqContractDetailsAsync(library().Contract(conId=265598)))[0].contract
                trade = ib.placeOrder(contract, library().MarketOrder("BUY", 5, account=MAIN, tif="DAY"))
                await until(lambda: 321 in codes)
                assert trade.orderStatus.status == ("ValidationError" if IS_ASYNC else "Cancelled")

    asyncio.run(main())


def test_a_commission_before_its_execution_is_lost_to_the_library_but_not_to_a_hook() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), library_client(service) as ib:
            heard: list[str] = []
            plain = ib.wrapper.commissionReport

            def hook(report: Any) -> None:
                heard.append(report.execId)
                plain(report)

            ib.wrapper.commissionReport = hook
            service.faults.commissions_first()
            trade = await buy(ib)
            await until(lambda: bool(trade.fills))
            assert heard == [trade.fills[0].execution.execId]
            assert not trade.fills[0].commissionReport.commission

    asyncio.run(main())


def test_a_correction_comes_in_addition_to_what_it_corrects() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), library_client(service) as ib:
            trade = await buy(ib)
            await until(lambda: len(trade.fills) == 1)
            service.faults.retell_execution("1.25")
            service.faults.correct_execution("230.01")
            await until(lambda: len(trade.fills) == 2)
            assert [one.execution.execId[-2:] for one in trade.fills] == ["01", "02"]
            assert trade.fills[0].execution.price != 1.25  # the same id again is ignored

    asyncio.run(main())


@pytest.mark.logs("Error")
def test_an_unknown_zone_loses_the_execution() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), library_client(service) as ib:
            service.faults.write_times("unknown")
            trade = await buy(ib)
            await until(lambda: trade.orderStatus.status == "Filled")
            assert not trade.fills

    asyncio.run(main())


@pytest.mark.parametrize("style", ["zone", "naive", "dash", "utc", "short"])
def test_every_other_spelling_of_an_instant_is_read(style: str) -> None:
    async def main() -> None:
        async with open_tws() as (_, service), library_client(service) as ib:
            ib.TimezoneTWS = "UTC" if style == "dash" else "America/New_York"
            service.faults.write_times(style)
            trade = await buy(ib)
            await until(lambda: bool(trade.fills))
            assert trade.fills[0].execution.time == service.executions[-1].fill.at

    asyncio.run(main())


def test_a_fill_of_anothers_order_is_kept_and_not_told() -> None:
    async def main() -> None:
        async with open_tws(master=7) as (_, service), library_client(service) as ib, signed_on(service, 2) as other:
            told: list[Any] = []
            ib.execDetailsEvent += lambda *args: told.append(args)
            known = len(ib.fills())
            # without its openOrder the master does not know the order: as for what was placed in TWS itself
            service.floor.master = None
            other.send(*placing(1, kind="MKT", quantity=3))
            await other.next("59")
            service.pulse()
            last = service.floor.tape.last
            assert last is not None
            service.floor.master = 7
            service.floor.tape.add(last)
            await until(lambda: len(ib.fills()) == known + 1)
            assert not told

    asyncio.run(main())


@pytest.mark.logs("Error")
def test_bad_frames_are_logged_and_survived() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), library_client(service) as ib:
            for fault in (service.faults.unknown_message, service.faults.short_frame, service.faults.word_for_number):
                fault()
            await ib.reqCurrentTimeAsync()
            assert ib.isConnected()

    asyncio.run(main())


@pytest.mark.logs("Error")
def test_a_bonds_coupon_loses_its_details() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), library_client(service) as ib:
            bond = library().Contract(conId=728912344)
            assert (await ib.reqContractDetailsAsync(bond))[0].longName.startswith("United States Treasury")
            service.faults.coupons()
            assert not await ib.reqContractDetailsAsync(bond)

    asyncio.run(main())


@pytest.mark.parametrize("fault", ["sentinel_pnl", "nan_pnl"])
def test_sentinel_and_nan_profit_pass_through(fault: str) -> None:
    async def main() -> None:
        async with open_tws() as (_, service), library_client(service) as ib:
            getattr(service.faults, fault)()
            line = ib.reqPnLSingle(MAIN, "", 265598)
            await until(lambda: line.position == 420)
            if fault == "nan_pnl":
                assert line.unrealizedPnL != line.unrealizedPnL
            else:
                assert line.unrealizedPnL == FLOAT_MAX

    asyncio.run(main())


def test_a_preview_without_figures_is_an_answer_to_the_older_library_only() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), library_client(service) as ib:
            service.faults.sentinel_what_if()
            contract = (await ib.reqContractDetailsAsync(library().Contract(conId=265598)))[0].contract
            order = library().LimitOrder("BUY", 5, 231, account=MAIN, tif="DAY")
            state = await ib.whatIfOrderAsync(contract, order)
            assert (float(state.initMarginChange) == FLOAT_MAX) is not IS_ASYNC

    asyncio.run(main())


def test_words_about_an_order_look_like_its_end_until_the_next_status() -> None:
    async def main() -> None:
        async with open_tws() as (_, service), library_client(service) as ib:
            service.faults.say_about_order(10349, "Order TIF was set to DAY based on order preset.")
            seen: list[str] = []
            ib.orderStatusEvent += lambda trade: seen.append(trade.orderStatus.status)
            contract = (await ib.reqContractDetailsAsync(library().Contract(conId=265598)))[0].contract
            trade = ib.placeOrder(contract, library().LimitOrder("BUY", 5, 200, account=MAIN, tif="DAY"))
            await until(lambda: trade.orderStatus.status == "Submitted")
            assert "Cancelled" in seen

    asyncio.run(main())


@pytest.mark.parametrize(("lost", "code"), [(True, 1101), (False, 1102)])
def test_the_loss_and_return_of_the_broker_are_told(lost: bool, code: int) -> None:
    async def main() -> None:
        async with open_tws() as (_, service), library_client(service) as ib:
            codes: list[int] = []
            ib.errorEvent += lambda _id, code, *_: codes.append(code)
            service.faults.broker_lost()
            await until(lambda: codes.count(1100) >= 2)
            assert await ib.reqCurrentTimeAsync()
            service.faults.broker_back(lost=lost)
            await until(lambda: code in codes)

    asyncio.run(main())
