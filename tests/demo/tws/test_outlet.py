"""Bytes leave in order, gathered into few writes, however a fault lets them go."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from ibdesk.demo.tws.outlet import GATHERED, Cut, Outlet


class Transport(asyncio.Transport):
    """Remembers what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.end = ""

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def is_closing(self) -> bool:
        return bool(self.end)

    def close(self) -> None:
        self.end = self.end or "closed"

    def abort(self) -> None:
        self.end = self.end or "aborted"

    def pause_reading(self) -> None:
        self.writes.append(b"<paused>")

    def resume_reading(self) -> None:
        self.writes.append(b"<resumed>")


def with_outlet(script: Callable[[Outlet, Transport], Any]) -> Transport:
    async def main() -> Transport:
        transport = Transport()
        found = script(Outlet(transport), transport)
        if found is not None:
            await found
        return transport

    return asyncio.run(main())


def test_many_messages_leave_in_one_write() -> None:
    def script(outlet: Outlet, _transport: Transport) -> None:
        for _ in range(100):
            outlet.write(b"ab")
        outlet.flush()
        outlet.flush()

    assert with_outlet(script).writes == [b"ab" * 100]


def test_what_grows_long_does_not_wait() -> None:
    def script(outlet: Outlet, transport: Transport) -> None:
        outlet.write(b"x" * GATHERED)
        assert transport.writes

    with_outlet(script)


def test_a_drip_is_a_byte_a_write_and_loses_none() -> None:
    async def script(outlet: Outlet, transport: Transport) -> None:
        outlet.drip = 0.0001
        outlet.write(b"abc")
        outlet.flush()
        outlet.write(b"de")
        outlet.flush()
        while len(transport.writes) < 5:
            await asyncio.sleep(0.001)

    assert with_outlet(script).writes == [b"a", b"b", b"c", b"d", b"e"]


def test_a_burst_waits_until_it_is_large_or_for_a_moment() -> None:
    async def script(outlet: Outlet, transport: Transport) -> None:
        outlet.burst = 4
        outlet.write(b"ab")
        outlet.flush()
        assert not transport.writes
        outlet.write(b"cd")
        outlet.flush()
        while not transport.writes:
            await asyncio.sleep(0.001)
        outlet.write(b"e")
        outlet.flush()
        while len(transport.writes) < 2:
            await asyncio.sleep(0.001)

    assert b"".join(with_outlet(script).writes) == b"abcde"


@pytest.mark.parametrize(("cut", "end"), [(Cut.POLITE, "closed"), (Cut.RUDE, "aborted")])
def test_a_cut_sends_half_of_the_next_message_and_nothing_after(cut: Cut, end: str) -> None:
    def script(outlet: Outlet, _transport: Transport) -> None:
        outlet.write(b"whole")
        outlet.cut = cut
        outlet.write(b"halfhalf")
        outlet.write(b"never")
        outlet.flush()

    transport = with_outlet(script)
    assert b"".join(transport.writes) == b"wholehalf"
    assert transport.end == end


def test_a_mute_outlet_neither_writes_nor_reads_again() -> None:
    def script(outlet: Outlet, _transport: Transport) -> None:
        outlet.mute()
        outlet.write(b"never")
        outlet.flush()
        outlet.resume()

    assert with_outlet(script).writes == [b"<paused>"]


def test_a_close_lets_everything_out_first() -> None:
    def script(outlet: Outlet, _transport: Transport) -> None:
        outlet.burst = 100
        outlet.write(b"abc")
        outlet.close()

    transport = with_outlet(script)
    assert (transport.writes, transport.end) == ([b"abc"], "closed")
