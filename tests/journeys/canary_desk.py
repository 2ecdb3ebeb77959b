"""A whole session of a desk in a process of its own, for the scan of everything it leaves behind.

Standard input gives what was planted; descriptor 3 takes the secrets that come into being meanwhile, one JSON line
each; everything else it says and writes is what the test looks through.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from ibdesk import wiring
from ibdesk.cli import channel
from ibdesk.cli.channel_server import Channel
from ibdesk.demo.flex import QUERY, DemoFlex
from ibdesk.demo.gateway import DemoGateway, sign_in
from ibdesk.demo.timings import DemoLimits, DemoTimings
from ibdesk.desk_door import Shown
from ibdesk.domain.accounts import Account, AccountId, Environment
from ibdesk.domain.errors import DeskError
from ibdesk.domain.money import USD
from ibdesk.domain.records import Credentials
from ibdesk.services.desk import Desk
from ibdesk.services.first_run import FirstRunResult

QUICK = {"request_timeout": "2", "requests_per_second": "10", "sync_interval": "3600"}


def show(*lines: str) -> None:
    """What a command would print."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def tell(name: str, secret: str) -> None:
    """A secret that was not there before."""
    os.write(3, json.dumps({name: secret}).encode() + b"\n")


async def suffer(gateway: DemoGateway, desk: Desk) -> None:
    """What makes a desk talk: every fault that ends in an error, with a sync in the middle of it."""
    assert desk.session is not None and desk.sync is not None
    breaks: tuple[Callable[[], object], ...] = (
        gateway.expire_session, gateway.compete, gateway.lose_brokerage, lambda: gateway.maintain(1.0),
        lambda: gateway.bad_bytes("html", times=6), lambda: gateway.bad_bytes("truncated", times=6),
        lambda: gateway.bad_bytes("not_json", times=6), lambda: gateway.unauthorized(2),
        lambda: gateway.lose_reply(times=6), gateway.silence_sockets, lambda: gateway.skew_clock(7200),
    )  # fmt: skip
    for hurt in breaks:
        hurt()
        await desk.session.refresh()
        await desk.sync.run()
        gateway.heal()
        await gateway.restore()
        tell("session", gateway.login.session)
    await gateway.kill()
    await desk.sync.run()
    await gateway.start()
    gateway.login.expire()
    await sign_in(gateway.url)
    tell("session", gateway.login.session)
    await desk.session.refresh()


async def pull(gateway: DemoGateway, desk: Desk, folder: Path, token: str) -> None:
    """A Flex token used well, refused, repeated by the service, and on a connection that is cut."""
    service = DemoFlex(gateway.account, gateway.clock, not_ready=0, token=token, is_paced=False)
    await service.start()
    await desk.flex.add("Daily", QUERY, f" {token}\n", service_url=service.url,
                        certificate_sha256=service.certificate_sha256)
    await desk.flex.save(await desk.flex.pull(), folder / "statement.xml")
    breaks: tuple[Callable[[], object], ...] = (
        lambda: service.complain("token_expired"), lambda: service.spoil("echo"), lambda: service.spoil("csv"),
        lambda: service.point_to("https://example.com/x"), lambda: service.lose_reply("SendRequest"),
    )  # fmt: skip
    for hurt in breaks:
        hurt()
        try:
            await desk.flex.pull()
        except DeskError as error:
            show(error.message, error.remedy, repr(error), repr(error.__context__))
            logging.getLogger("canary").error("the pull stopped", exc_info=error)
        service.heal()
    await service.stop()
    with suppress(DeskError):
        await desk.flex.pull()
    show(*(repr(query) for query in await desk.flex.queries()))


async def use(desk: Desk, folder: Path, planted: dict[str, str]) -> None:
    """What a person does with a desk that leaves files."""
    try:
        await desk.care.change_passphrase("a wrong " + planted["new passphrase"], planted["new passphrase"])
    except DeskError as error:
        show(error.message, error.remedy)
    await desk.care.change_passphrase(planted["passphrase"], planted["new passphrase"])
    tell("new recovery code", await desk.care.new_recovery_code(planted["new passphrase"]))
    await desk.care.back_up(folder / "copy.backup")
    await desk.care.test_restore(folder / "copy.backup", planted["new passphrase"])
    for format_ in ("csv", "jsonl"):
        await desk.activity.export_audit(folder / f"audit.{format_}", format_)
    report = await desk.doctor.examine()
    await desk.support.write(folder / "support.zip", await desk.support.preview(report))
    show(*desk.support.log_tail())
    show(*(f"{each.statement} {each.evidence}" for each in report.results))
    show(*(f"{each.call.path} {each.call.detail}" for each in await desk.activity.calls()))


async def behind_the_door(desk: Desk, home: Path, work: Callable[[], Awaitable[None]]) -> None:
    """Work while the desk answers commands; one of them is sent from another process."""
    served = Channel(Shown(desk=desk, is_locked=lambda: False, come_forward=lambda: None))
    try:
        await served.listening()
        address = channel.read_address(home)
        assert address is not None
        tell("door token", address.token)
        for verb in (["session", "status"], ["--json", "health"]):
            asked = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "ibdesk", "--home", str(home), *verb,
                stdin=asyncio.subprocess.DEVNULL, pass_fds=(),
            )  # fmt: skip
            await asked.wait()
        await work()
    finally:
        await served.close()


async def main(planted: dict[str, str]) -> None:
    folder = Path(planted["folder"])
    gateway = DemoGateway(timings=DemoTimings.quick(), limits=DemoLimits.off())
    await gateway.start()
    tell("session", gateway.login.session)
    account = Account(id=AccountId("DU7654321"), title="Main", currency=USD, is_paper=True)
    credentials = Credentials(
        environment=Environment.PAPER, gateway_url=gateway.url, user_name=planted["user name"], account=account.id,
        certificate_sha256=gateway.certificate_sha256,
    )
    result = FirstRunResult(credentials=credentials, account=account, accounts=(account,), acknowledgments=())
    home = folder / "home"
    desk, code = await wiring.create_desk(home, planted["passphrase"], result, overrides=QUICK)
    tell("recovery code", code)
    try:
        with suppress(DeskError):
            await wiring.open_desk(folder / "nowhere", planted["passphrase"])
        await suffer(gateway, desk)
        await pull(gateway, desk, folder, planted["flex token"])
        await behind_the_door(desk, home, lambda: use(desk, folder, planted))
    finally:
        await desk.close()
        await gateway.stop()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.stdin.read())))
