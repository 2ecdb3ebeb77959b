"""Every fault by its name: while it lasts nothing wrong is stored; once it is over the desk mends itself."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path

import pytest

from tests.journeys.simulated import Time, run_simulated, simulated_desk
from tests.journeys.troubles import TROUBLES, Recovery, check_doings, check_stored, heal, own_log, person, settle

#: A person signs in within minutes, the penalty box lasts a quarter of an hour, a sync comes every five minutes.
RECOVERS_WITHIN = timedelta(minutes=25)


@pytest.mark.parametrize("name", TROUBLES)
def test_a_fault_ends_and_leaves_the_desk_whole(name: str, tmp_path: Path) -> None:
    async def journey(time: Time) -> None:
        chance = random.Random(name)
        async with simulated_desk(time, tmp_path, settings={"sync_interval": "300"}) as world:
            somebody = asyncio.create_task(person(world, chance))  # noqa: TID251 - the test holds it
            try:
                await settle(world)
                await TROUBLES[name].hurts(world, chance)
                for _ in range(4):
                    await time.pass_by(timedelta(minutes=chance.uniform(1, 5)))
                    await check_stored(world, figures=not TROUBLES[name].spoils)
                await heal(world)
                assert await Recovery(world).within(RECOVERS_WITHIN), world.desk.session
                await check_stored(world)
                await check_doings(world, log)
            finally:
                somebody.cancel()
                await asyncio.wait([somebody])

    with own_log() as log:
        run_simulated(journey)
