"""The doctor from a terminal while the window has the vault open: the open desk examines itself."""

import asyncio
from pathlib import Path

import pytest
import qasync
from PySide6.QtWidgets import QApplication

from ibdesk.demo.gateway import DemoGateway
from ibdesk.demo.timings import DemoTimings
from ibdesk.services.waiting import until
from tests.journeys.test_two_doors import ibdesk, make_vault, window


@pytest.mark.timeout(120)
def test_the_open_desk_is_examined_whole_and_a_locked_one_as_far_as_that_goes(
    dressed: QApplication, loop: qasync.QEventLoop, tmp_path: Path
) -> None:
    home = tmp_path / "home"

    async def journey() -> None:
        gateway = DemoGateway(timings=DemoTimings.quick())
        await gateway.start()
        try:
            await make_vault(home, gateway)
            async with window(dressed, home) as app:
                assert app.desk is not None and app.desk.session is not None
                session = app.desk.session
                assert await until(lambda: session.session.is_ready, 20)
                bundle = tmp_path / "bundle.zip"
                whole = await ibdesk(home, "--json", "doctor", "--bundle", str(bundle))
                assert "results" in whole.json, whole
                found = {each["check"]: each["verdict"] for each in whole.json["results"]}
                assert [found[each] for each in ("gateway answers", "sign-on", "certificate", "vault")] == ["good"] * 4
                assert bundle.stat().st_size == whole.json["bundle"]["bytes"]
                app.lock()
                locked = await ibdesk(home, "--json", "doctor")
                assert "results" in locked.json, locked
                found = {each["check"]: each["verdict"] for each in locked.json["results"]}
                assert (found["sync log"], found["settings"]) == ("unknown", "good")
        finally:
            await gateway.stop()

    loop.run_until_complete(asyncio.wait_for(journey(), 100))
