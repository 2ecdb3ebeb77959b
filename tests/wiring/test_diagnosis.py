"""The doctor, the gateway's keeper and the bundle as they are built: in the demo, on a vault, and without one."""

import asyncio
from pathlib import Path

import pytest

from ibdesk import wiring
from ibdesk.domain.diagnosis import Check, Verdict
from ibdesk.wiring.diagnosis import diagnosis_without_vault


def test_the_demo_desk_is_found_well(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        desk = await wiring.open_demo_desk(watching=False)
        try:
            assert desk.session is not None
            await desk.session.refresh()
            report = await desk.doctor.examine()
            found = {each.check: each for each in report.results}
            for check in (Check.GATEWAY_PROCESS, Check.PORT_OWNER, Check.GATEWAY_ANSWERS, Check.CERTIFICATE,
                          Check.CLOCK, Check.SIGN_ON, Check.BROKERAGE, Check.USER_NAME, Check.ACCOUNTS,
                          Check.VAULT):  # fmt: skip
                assert found[check].verdict is Verdict.GOOD, found[check]
            files = {file.name: file.text for file in await desk.support.preview(report)}
            assert "DU7654321" not in "".join(files.values()) and "DU•••4321" in files["doctor.txt"]
        finally:
            await desk.close()

    asyncio.run(scene())


def test_without_a_vault_the_settings_file_is_read_and_changed(tmp_path: Path) -> None:
    async def scene() -> None:
        made = diagnosis_without_vault(tmp_path, {}, clock=wiring.now, because="It is locked.")
        folder = tmp_path / "gw"
        (folder / "bin").mkdir(parents=True)
        (folder / "root").mkdir()
        (folder / "bin" / "run.sh").write_text("")
        (folder / "root" / "conf.yaml").write_text("listenPort: 5000\n")
        await made.gateway.choose(folder)
        again = diagnosis_without_vault(tmp_path, {}, clock=wiring.now)
        assert again.gateway.folder == folder
        assert diagnosis_without_vault(tmp_path, {"gateway_port": "5099"}, clock=wiring.now).gateway.port == 5099

    asyncio.run(scene())
