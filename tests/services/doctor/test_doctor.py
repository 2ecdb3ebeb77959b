"""Every diagnosis, caused through the real wire, the real files or a real process."""

import asyncio
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ibdesk.brokers.base import TwsPlace
from ibdesk.brokers.tws.knock import knock
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.diagnosis import ANSWERS, OF_TWS, Check, Complaint, Examined, Fix, GatewayProcess, Verdict
from ibdesk.domain.errors import Cause, Refused
from ibdesk.domain.positions import Source
from ibdesk.domain.records import SessionRecord, SyncRecord, SyncStatus
from ibdesk.domain.session import Session, SessionFlags, SessionState
from ibdesk.domain.settings import Origin
from ibdesk.domain.truth import StreamState
from ibdesk.services.doctor.computer import port, settings
from ibdesk.services.doctor.connection import answers
from ibdesk.services.doctor.contact import Contact
from ibdesk.services.doctor.forwarding import behind, is_forwarder
from ibdesk.services.doctor.sources import counted
from ibdesk.services.tws_contact import TwsAccess
from ibdesk.store import records
from tests.brokers.door import LUNCH, free_port, raw, small
from tests.brokers.tws.door import at_tws
from tests.services.doctor.ward import Ward, at_demo, forwarding, ward
from tests.services.fake_gateway import keeping, make_gateway
from tests.services.test_gateway import Stranger
from tests.services.test_tws_contact import opening

unix = pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for a program")


def is_so(found: Examined, verdict: Verdict, fix: Fix | None, *words: str) -> None:
    assert (found.verdict, found.fix) == (verdict, fix), found
    for word in words:
        assert word in found.statement, found
    assert found.advice or verdict in (Verdict.GOOD, Verdict.UNKNOWN)


def test_a_healthy_desk_is_well_and_every_check_is_told_in_order(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True) as (ward, gateway):
            report = await ward.report()
            told = list(dict.fromkeys(each.check for each in report.results))
            assert told == [check for check in Check if check not in OF_TWS[1:]]
            assert not [each for each in report.results if each.verdict is Verdict.BAD and each.check is not Check.JAVA]
            for check in (Check.GATEWAY_ANSWERS, Check.ENCRYPTION, Check.CERTIFICATE, Check.CLOCK, Check.SIGN_ON,
                          Check.BROKERAGE, Check.COMPETING, Check.USER_NAME, Check.ACCOUNTS, Check.VAULT):  # fmt: skip
                (each,) = [each for each in report.results if each.check is check]
                assert each.verdict is Verdict.GOOD, each
            assert len(gateway.calls) <= 6, "a handful of calls"
            assert not [path for method, path in gateway.calls if "init" in path or "logout" in path]
            assert len(ward.calls) == len(gateway.calls), "each in the audit"
            assert all(report.about(complaint) for complaint in Complaint)

    asyncio.run(scene())


def test_without_a_vault_and_without_a_pin_nothing_is_sent(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path) as (ward, gateway):
            ward.connection = replace(ward.connection, certificate_sha256="")
            report = await ward.report()
            found = {each.check: each for each in report.results}
            is_so(found[Check.CERTIFICATE], Verdict.WARN, Fix.TRUST_CERTIFICATE, "not looked at")
            is_so(found[Check.GATEWAY_ANSWERS], Verdict.UNKNOWN, None, "not trusted")
            is_so(found[Check.SYNC_LOG], Verdict.UNKNOWN, None, "no vault")
            is_so(found[Check.VAULT], Verdict.UNKNOWN, None, "no vault")
            assert gateway.calls == ()

    asyncio.run(scene())


def test_a_gateway_that_is_not_running(tmp_path: Path) -> None:
    async def scene() -> None:
        made = ward(tmp_path, f"https://127.0.0.1:{await free_port()}", "AB" * 32)
        found = {each.check: each for each in (await made.report()).results}
        is_so(found[Check.GATEWAY_ANSWERS], Verdict.BAD, Fix.START_GATEWAY, "Nothing answers")
        is_so(found[Check.GATEWAY_PROCESS], Verdict.BAD, Fix.CHOOSE_FOLDER, "not running")
        is_so(found[Check.PORT_OWNER], Verdict.GOOD, None, "free")
        is_so(found[Check.GATEWAY_FOLDER], Verdict.WARN, Fix.CHOOSE_FOLDER, "No gateway folder")
        is_so(found[Check.ENCRYPTION], Verdict.UNKNOWN, None)
        is_so(found[Check.SIGN_ON], Verdict.UNKNOWN, None)
        assert any("no answer" in fact for fact in found[Check.GATEWAY_ANSWERS].evidence)

    asyncio.run(scene())


def test_a_port_that_belongs_to_another_program(tmp_path: Path) -> None:
    async def scene() -> None:
        with Stranger() as stranger:
            made = ward(tmp_path, f"https://127.0.0.1:{stranger.port}", "AB" * 32)
            found = {each.check: each for each in (await made.report()).results}
            is_so(found[Check.PORT_OWNER], Verdict.BAD, Fix.MOVE_PORT, str(stranger.port), "ython")
            assert found[Check.PORT_OWNER].target == str(stranger.port)
            assert found[Check.GATEWAY_ANSWERS].verdict is Verdict.BAD

    asyncio.run(scene())


def test_a_gateway_behind_a_forwarder_is_well_and_nobody_is_told_to_end_what_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path) as (ward, gateway):
            with forwarding(gateway.port) as port:
                ward.connection = replace(ward.connection, url=f"https://127.0.0.1:{port}")
                monkeypatch.setenv("PATH", str(tmp_path))
                report = await ward.report()
                found = {each.check: each for each in report.results}
                is_so(found[Check.GATEWAY_ANSWERS], Verdict.GOOD, None)
                is_so(found[Check.GATEWAY_PROCESS], Verdict.UNKNOWN, None, "It runs elsewhere, behind ", "ython")
                is_so(found[Check.PORT_OWNER], Verdict.GOOD, None, f"Port {port} leads to the gateway, behind ")
                is_so(found[Check.GATEWAY_FOLDER], Verdict.UNKNOWN, None, "started elsewhere")
                is_so(found[Check.JAVA], Verdict.UNKNOWN, None, "runs without it")
                gateway.hang()
                report = await ward.report()
                found = {each.check: each for each in report.results}
                is_so(found[Check.GATEWAY_ANSWERS], Verdict.BAD, Fix.SHOW_GATEWAY_LOG)
                is_so(found[Check.PORT_OWNER], Verdict.GOOD, None, "leads to the gateway")
                assert not [each for each in report.results if "end that program" in each.advice]

    asyncio.run(scene())


def test_what_nobody_trusted_yet_may_be_the_gateway_and_is_not_to_be_ended(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path) as (ward, gateway):
            with forwarding(gateway.port) as port:
                for pin in ("", "AB" * 32):
                    url = f"https://127.0.0.1:{port}"
                    ward.connection = replace(ward.connection, url=url, certificate_sha256=pin)
                    found = {each.check: each for each in (await ward.report()).results}
                    is_so(found[Check.PORT_OWNER], Verdict.UNKNOWN, None, "may be the way to the gateway")
                    is_so(found[Check.GATEWAY_PROCESS], Verdict.UNKNOWN, None, "its certificate tells")
                    assert found[Check.CERTIFICATE].fix is Fix.TRUST_CERTIFICATE
                assert gateway.calls == ()

    asyncio.run(scene())


def test_a_gateway_of_another_user_of_this_computer_is_well_although_its_process_is_not_named() -> None:
    taken = GatewayProcess(is_running=False, port=5000, detail="Port 5000 is taken; the system does not say by whom.")
    assert "under another user" in behind(taken) and not is_forwarder(taken)


def test_a_forwarder_with_no_gateway_behind_it_is_not_to_be_ended_either(tmp_path: Path) -> None:
    made = ward(tmp_path, "https://127.0.0.1:5000", "AB" * 32)
    process = GatewayProcess(is_running=False, port=5000, pid=7, owner="docker-proxy", detail="Port 5000 is docker's.")
    silent = Contact(connection=made.connection, at=made.dial(), cause=Cause.GATEWAY_NOT_RUNNING)
    for found in (port(made.sources(), process, silent), answers(silent, process, None, made.settings)):
        assert found.verdict in (Verdict.WARN, Verdict.BAD) and found.fix is None
        assert "no gateway answers behind it" in found.statement and "where it leads to" in found.advice
    assert is_forwarder(replace(process, owner="ssh.exe"))


def test_a_gateway_that_does_not_encrypt(tmp_path: Path) -> None:
    async def scene() -> None:
        async with small() as server:
            made = ward(tmp_path, server.url.replace("http:", "https:"), "AB" * 32)
            is_so(await made.find(Check.ENCRYPTION), Verdict.BAD, Fix.EDIT_CONF, "gateway does not")
            is_so(await made.find(Check.GATEWAY_ANSWERS), Verdict.BAD, Fix.EDIT_CONF, "does not encrypt")

    asyncio.run(scene())


def test_a_desk_that_does_not_encrypt(tmp_path: Path) -> None:
    async def scene() -> None:
        async with small(tls=True) as server:
            made = ward(tmp_path, server.url.replace("https:", "http:"))
            is_so(await made.find(Check.ENCRYPTION), Verdict.BAD, Fix.OPEN_SETTING, "ibdesk does not")
            assert (await made.find(Check.ENCRYPTION)).target == "gateway_ssl"
            assert (await made.find(Check.GATEWAY_ANSWERS)).verdict is Verdict.BAD

    asyncio.run(scene())


def test_account_data_in_clear_is_warned_about(tmp_path: Path) -> None:
    async def scene() -> None:
        async with small() as server:
            server.says("*", '{"authenticated": true, "established": true, "connected": true, "competing": false}')
            made = ward(tmp_path, server.url)
            is_so(await made.find(Check.ENCRYPTION), Verdict.WARN, Fix.EDIT_CONF, "in clear")
            is_so(await made.find(Check.CERTIFICATE), Verdict.UNKNOWN, None)

    asyncio.run(scene())


def test_an_address_the_gateway_refuses(tmp_path: Path) -> None:
    async def scene() -> None:
        async with small(tls=True) as server:
            server.says("*", "Access Denied", status=404)
            made = ward(tmp_path, server.url, server.certificate)
            found = await made.find(Check.GATEWAY_ANSWERS)
            is_so(found, Verdict.BAD, Fix.EDIT_CONF, "404 Access Denied")
            assert found.target == "ips.allow"

    asyncio.run(scene())


def test_a_certificate_that_changed(tmp_path: Path) -> None:
    async def scene() -> None:
        async with small(tls=True) as server:
            made = ward(tmp_path, server.url, "AB" * 32)
            is_so(await made.find(Check.CERTIFICATE), Verdict.BAD, Fix.TRUST_CERTIFICATE, "not the one")
            assert server.asked == []

    asyncio.run(scene())


def test_a_gateway_that_cannot_reach_the_broker_hangs_and_the_doctor_does_not(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path) as (ward, gateway):
            gateway.hang()
            began = time.monotonic()
            found = await ward.find(Check.GATEWAY_ANSWERS)
            assert time.monotonic() - began < 15
            is_so(found, Verdict.BAD, Fix.SHOW_GATEWAY_LOG, "cannot reach Interactive Brokers")
            assert len(gateway.calls) == 1

    asyncio.run(scene())


def test_everything_that_hangs_at_once_still_ends_within_15_seconds(tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def scene() -> None:
        async with raw(silent) as port:
            made = ward(tmp_path, f"https://127.0.0.1:{port}", "AB" * 32)
            made.connection = replace(made.connection, timeout=timedelta(seconds=60))
            began = time.monotonic()
            report = await made.report()
            assert time.monotonic() - began < 15
            assert {each.check for each in report.results} == set(Check) - set(OF_TWS[1:])

    asyncio.run(scene())


def test_nobody_signed_in(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, signed_out=True) as (ward, _):
            is_so(await ward.find(Check.GATEWAY_ANSWERS), Verdict.GOOD, None)
            is_so(await ward.find(Check.SIGN_ON), Verdict.BAD, Fix.SIGN_IN, "Nobody is signed in")
            is_so(await ward.find(Check.BROKERAGE), Verdict.UNKNOWN, None)

    asyncio.run(scene())


def test_a_lost_brokerage_session(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path) as (ward, gateway):
            gateway.lose_brokerage()
            found = await ward.find(Check.BROKERAGE)
            assert found.verdict in (Verdict.BAD, Verdict.WARN) and found.fix in (Fix.OPEN_BROKERAGE, Fix.WAIT)

    asyncio.run(scene())


def test_a_competing_session_is_a_question_and_never_taken(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path) as (ward, gateway):
            gateway.compete()
            is_so(await ward.find(Check.COMPETING), Verdict.BAD, Fix.TAKE_OVER, "Another program")
            is_so(await ward.find(Check.BROKERAGE), Verdict.BAD, Fix.TAKE_OVER)
            assert not [path for _, path in gateway.calls if "init" in path]

    asyncio.run(scene())


def test_a_paper_user_behind_a_live_desk(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, environment=Environment.LIVE) as (ward, _):
            is_so(await ward.find(Check.USER_NAME), Verdict.BAD, Fix.SIGN_IN, "paper user")

    asyncio.run(scene())


@pytest.mark.parametrize(("minutes", "verdict", "way"), [(0.2, Verdict.WARN, "behind"), (-10, Verdict.BAD, "ahead")])
def test_a_clock_that_is_wrong(tmp_path: Path, minutes: float, verdict: Verdict, way: str) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path) as (ward, _):
            ward.dial.instant = LUNCH - timedelta(minutes=minutes)
            is_so(await ward.find(Check.CLOCK), verdict, Fix.SET_CLOCK, way)

    asyncio.run(scene())


def test_the_demo_s_own_time_is_no_fault_of_this_computer(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, environment=Environment.DEMO) as (ward, gateway):
            gateway.clock.set(LUNCH + timedelta(hours=4))
            is_so(await ward.find(Check.CLOCK), Verdict.UNKNOWN, None, "demo")

    asyncio.run(scene())


def test_the_penalty_box(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path) as (ward, gateway):
            gateway.limit()
            await ward.report()
            asked = len(gateway.calls)
            found = {each.check: each for each in (await ward.report()).results}
            is_so(found[Check.RATE_BUDGET], Verdict.BAD, Fix.WAIT, "locked us out until")
            is_so(found[Check.GATEWAY_ANSWERS], Verdict.UNKNOWN, None)
            assert len(gateway.calls) == asked, "nothing was sent into the box"

    asyncio.run(scene())


def test_an_announced_outage_is_no_alarm(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, signed_out=True) as (ward, gateway):
            ward.dial.instant = LUNCH.replace(hour=5, minute=10)  # 00:10 in New York
            is_so(await ward.find(Check.SIGN_ON), Verdict.EXPECTED, Fix.WAIT, "nightly maintenance")
            gateway.hang()
            is_so(await ward.find(Check.GATEWAY_ANSWERS), Verdict.EXPECTED, Fix.WAIT, "nightly maintenance")

    asyncio.run(scene())


def test_the_gateways_own_word_on_its_maintenance_is_no_alarm_either(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True) as (ward, gateway):
            gateway.maintain(600)
            is_so(await ward.find(Check.GATEWAY_ANSWERS), Verdict.EXPECTED, Fix.WAIT, "maintenance")
            is_so(await _skipped(ward, Cause.MAINTENANCE), Verdict.EXPECTED, Fix.WAIT, "maintenance")

    asyncio.run(scene())


def test_a_gateway_elsewhere_is_not_asked(tmp_path: Path) -> None:
    async def scene() -> None:
        made = ward(tmp_path, "https://192.0.2.1:5000", "AB" * 32)
        found = {each.check: each for each in (await made.report()).results}
        is_so(found[Check.SETTINGS], Verdict.WARN, Fix.OPEN_SETTING, "another computer")
        is_so(found[Check.GATEWAY_ANSWERS], Verdict.BAD, Fix.OPEN_SETTING, "another computer")
        assert found[Check.PORT_OWNER].verdict is Verdict.UNKNOWN

    asyncio.run(scene())


def test_settings_tell_their_variables_and_faults(tmp_path: Path) -> None:
    async def scene() -> None:
        made = ward(tmp_path, f"https://127.0.0.1:{await free_port()}")
        made.origins, made.variables = {"gateway_port": Origin.ENVIRONMENT}, {"gateway_port": "IBKR_GATEWAY_PORT"}
        found = await made.find(Check.SETTINGS)
        is_so(found, Verdict.GOOD, None, "1 setting differs from its default, by a variable of")
        assert any("IBKR_GATEWAY_PORT" in fact for fact in found.evidence)
        made.settings = replace(made.settings, ibkr_enabled=False)
        made.calls.clear()
        is_so(await made.find(Check.SETTINGS), Verdict.WARN, Fix.OPEN_SETTING, "switched off")
        is_so(await made.find(Check.GATEWAY_ANSWERS), Verdict.UNKNOWN, None, "switched off")
        assert made.calls == []
        made.problem = Refused("The settings file is damaged.", remedy="Mend it.", cause=Cause.BAD_SETTING)
        is_so(await made.find(Check.SETTINGS), Verdict.BAD, Fix.OPEN_SETTING, "damaged")

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("changed", "variables", "told"),
    [(0, 0, "Every setting has its default."), (1, 0, "1 setting differs from its default."),
     (2, 0, "2 settings differ from their defaults."),
     (2, 1, "2 settings differ from their defaults, 1 of them by a variable of the environment."),
     (2, 2, "2 settings differ from their defaults, by variables of the environment.")],
)  # fmt: skip
def test_settings_are_counted_as_people_do(tmp_path: Path, changed: int, variables: int, told: str) -> None:
    made = ward(tmp_path, "https://127.0.0.1:5000")
    names = ("gateway_port", "gateway_host")
    made.origins = dict.fromkeys(names[:changed], Origin.ENVIRONMENT)
    made.variables = {name: name.upper() for name in names[:variables]}
    assert settings(made.sources()).statement == told
    assert [counted(1, "byte"), counted(1234, "byte"), counted(0, "time")] == ["1 byte", "1,234 bytes", "0 times"]


def test_a_folder_that_is_gone_or_no_gateway_and_a_conf_with_an_open_door(tmp_path: Path) -> None:
    async def scene() -> None:
        port = await free_port()
        made = ward(tmp_path, f"https://127.0.0.1:{port}")
        made.settings = replace(made.settings, gateway_folder=str(tmp_path / "gw"))
        is_so(await made.find(Check.GATEWAY_FOLDER), Verdict.BAD, Fix.CHOOSE_FOLDER, "gone")
        folder = make_gateway(tmp_path / "gw", port)
        found = {each.check: each for each in (await made.report()).results}
        is_so(found[Check.GATEWAY_FOLDER], Verdict.GOOD, None)
        is_so(found[Check.GATEWAY_CONF], Verdict.GOOD, None, "safe")
        is_so(found[Check.GATEWAY_PROCESS], Verdict.BAD, Fix.START_GATEWAY, "not running")
        conf = folder / "root" / "conf.yaml"
        conf.write_text(conf.read_text().replace("- 127.0.0.1", "- 127.0.0.1\n    - 0.0.0.0").replace("true", "false"))
        report = await made.report()
        lint = [each for each in report.results if each.check is Check.GATEWAY_CONF]
        assert [each.verdict for each in lint] == [Verdict.BAD, Verdict.BAD]
        assert {each.target for each in report.about(Complaint.GATEWAY_TROUBLE) if each.fix is Fix.EDIT_CONF} >= {
            "ips.allow", "listenSsl",
        }  # fmt: skip
        (folder / "bin" / "run.sh").unlink()
        is_so(await made.find(Check.GATEWAY_FOLDER), Verdict.BAD, Fix.CHOOSE_FOLDER, "bin/run.sh")

    asyncio.run(scene())


@unix
def test_a_gateway_that_runs_at_another_port_than_the_desk_looks_at_leads_to_the_address(tmp_path: Path) -> None:
    async def scene() -> None:
        port, looked_at = await free_port(), await free_port()
        folder = make_gateway(tmp_path / "gw", port)
        async with keeping(tmp_path, port, folder) as (keeper, kept):
            made = ward(tmp_path, f"https://127.0.0.1:{looked_at}", "AB" * 32)
            made.settings = replace(made.settings, gateway_folder=str(folder), gateway_port=looked_at)
            await keeper.start()
            for _ in ("started by ibdesk", "started elsewhere"):
                found = {each.check: each for each in (await made.report()).results}
                silent = found[Check.GATEWAY_ANSWERS]
                is_so(silent, Verdict.BAD, Fix.OPEN_SETTING, f"runs at port {port}", made.connection.url)
                assert silent.target == "gateway_port" and f"port to {port}" in silent.advice
                is_so(found[Check.PORT_OWNER], Verdict.WARN, Fix.OPEN_SETTING, f"runs at port {port}")
                is_so(found[Check.GATEWAY_PROCESS], Verdict.GOOD, None, "has been running")
                (kept.home / "gateway.json").unlink(missing_ok=True)
            made.settings = replace(made.settings, gateway_url=made.connection.url)
            assert (await made.find(Check.GATEWAY_ANSWERS)).target == "gateway_url"
            made.settings = replace(made.settings, gateway_url="", gateway_port=port)
            is_so(await made.find(Check.GATEWAY_ANSWERS), Verdict.BAD, Fix.CONNECT, f"runs at port {port}")

    asyncio.run(scene())


@unix
@pytest.mark.parametrize(
    ("version", "verdict"),
    [("1.8.0_191", Verdict.BAD), ("1.8.0_192", Verdict.GOOD), ("17.0.9", Verdict.GOOD), ("", Verdict.BAD)],
)
def test_java_in_both_spellings_too_old_or_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, verdict: Verdict
) -> None:
    async def scene() -> None:
        programs = tmp_path / "programs"
        programs.mkdir()
        if version:
            (programs / "java").write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
            (programs / "java").chmod(0o700)
        monkeypatch.setenv("PATH", str(programs))
        found = await ward(tmp_path, f"https://127.0.0.1:{await free_port()}").find(Check.JAVA)
        is_so(found, verdict, None if verdict is Verdict.GOOD else Fix.GET_JAVA)

    asyncio.run(scene())


def _state(ward: Ward, minutes: float, status: SessionState, tickled: float | None) -> SessionRecord:
    return SessionRecord(
        at=ward.dial() - timedelta(minutes=minutes), environment=ward.connection.environment, status=status.value,
        authenticated=status is SessionState.READY, competing=False, expires_at=None,
        last_tickle=None if tickled is None else ward.dial() - timedelta(minutes=tickled),
    )


def test_a_session_that_is_lost_often(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True) as (ward, gateway):
            assert ward.database is not None
            for hour in (9, 6, 3):
                await ward.database.write(records.add_session, _state(ward, hour * 60, SessionState.READY, hour * 60))
                await ward.database.write(
                    records.add_session, _state(ward, hour * 60 - 20, SessionState.READY, hour * 60 - 20)
                )
                await ward.database.write(
                    records.add_session, _state(ward, hour * 60 - 30, SessionState.SIGNED_OUT, None)
                )
            found = await ward.find(Check.KEEP_ALIVE)
            is_so(found, Verdict.WARN, Fix.CLEAR_COOKIES, "lost 3 times")
            assert found.target == f"{gateway.url}/clear"
            assert "longest pause 20 minutes in 24 h" in found.evidence
            assert any("cookies" in fact for fact in found.evidence)

    asyncio.run(scene())


@pytest.mark.parametrize(("minutes", "verdict"), [(5.5, Verdict.WARN), (7, Verdict.BAD), (2, Verdict.GOOD)])
def test_a_keep_alive_that_is_late_or_dead(tmp_path: Path, minutes: float, verdict: Verdict) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True) as (ward, _):
            ward.session = Session(
                state=SessionState.READY, flags=SessionFlags(reachable=True),
                last_tickle=ward.dial() - timedelta(minutes=minutes),
            )
            is_so(await ward.find(Check.KEEP_ALIVE), verdict, None)

    asyncio.run(scene())


def test_an_account_the_sign_in_cannot_see(tmp_path: Path) -> None:
    async def scene() -> None:
        async with small(tls=True) as server:
            state = '{"authenticated": true, "established": true, "connected": true, "accounts": ["DU1111111"]}'
            server.says("*", state)
            server.says("/portfolio/accounts", '[{"id": "DU1111111", "accountId": "DU1111111", "currency": "USD"}]')
            async with at_demo(tmp_path, with_vault=True) as (made, _):
                made.connection = replace(made.connection, url=server.url, certificate_sha256=server.certificate)
                found = await made.find(Check.ACCOUNTS)
                is_so(found, Verdict.BAD, Fix.CONNECT, "not among")
                assert "DU7654321" not in found.statement

    asyncio.run(scene())


def _sync(ward: Ward, minutes: float, status: SyncStatus, *errors: str) -> SyncRecord:
    at = ward.dial() - timedelta(minutes=minutes)
    return SyncRecord(
        account=AccountId("DU7654321"), source=Source.PORTAL, started_at=at, finished_at=at, status=status,
        errors=errors,
    )


def test_positions_that_are_not_read_although_the_session_is_open(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True) as (ward, _):
            is_so(await ward.find(Check.SYNC), Verdict.WARN, Fix.SYNC_NOW, "not yet")
            is_so(await ward.find(Check.SYNC_LOG), Verdict.UNKNOWN, None, "empty")
            assert ward.database is not None
            await ward.database.write(records.add_sync, _sync(ward, 10, SyncStatus.SUCCESS))
            is_so(await ward.find(Check.SYNC), Verdict.WARN, Fix.SYNC_NOW, "10 minutes ago")
            is_so(await ward.find(Check.SYNC_LOG), Verdict.GOOD, None, "The latest sync worked.")
            await ward.database.write(records.add_sync, _sync(ward, 0.1, SyncStatus.SUCCESS))
            is_so(await ward.find(Check.SYNC), Verdict.GOOD, None)
            is_so(await ward.find(Check.SYNC_LOG), Verdict.GOOD, None, "The latest 2 syncs worked.")
            await ward.database.write(records.add_sync, _sync(ward, 0.1, SyncStatus.FAILED, "Page 2 failed."))
            is_so(await ward.find(Check.SYNC_LOG), Verdict.BAD, Fix.SYNC_NOW, "Page 2 failed.")
            await ward.database.write(records.add_sync, _sync(ward, 0.1, SyncStatus.SKIPPED))
            is_so(await ward.find(Check.SYNC_LOG), Verdict.WARN, Fix.SYNC_NOW, "skipped", "no reason")
            ward.settings = replace(ward.settings, auto_sync=False)
            is_so(await ward.find(Check.SYNC), Verdict.WARN, Fix.OPEN_SETTING, "only when you ask")

    asyncio.run(scene())


async def _skipped(ward: Ward, cause: Cause, status: SyncStatus = SyncStatus.SKIPPED) -> Examined:
    """What the doctor says of a sync that was skipped for a reason."""
    assert ward.database is not None
    record = replace(
        _sync(ward, 0.1, status), cause=cause.value, errors=("As it was told.",),
        next_at=ward.dial() + timedelta(minutes=9),
    )
    await ward.database.write(records.add_sync, record)
    return await ward.find(Check.SYNC_LOG)


def test_a_sync_that_was_skipped_says_why_and_leads_to_what_stands_in_the_way_now(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True) as (ward, gateway):
            found = await _skipped(ward, Cause.GATEWAY_NOT_RUNNING)
            is_so(found, Verdict.WARN, Fix.SYNC_NOW, "skipped: the gateway did not answer.")
            assert "over" in found.advice and "As it was told." in found.evidence
            gateway.lose_brokerage()
            is_so(await _skipped(ward, Cause.GATEWAY_NOT_RUNNING), Verdict.WARN, Fix.OPEN_BROKERAGE, "did not answer")
            gateway.compete()
            is_so(await _skipped(ward, Cause.NOT_AUTHENTICATED), Verdict.WARN, Fix.TAKE_OVER, "nobody was signed in")
            await gateway.stop()
            found = await _skipped(ward, Cause.NOT_AUTHENTICATED)
            is_so(found, Verdict.WARN, Fix.START_GATEWAY, "nobody was signed in")
            found = await _skipped(ward, Cause.GATEWAY_NOT_RUNNING, SyncStatus.FAILED)
            is_so(found, Verdict.BAD, Fix.START_GATEWAY, "failed: the gateway did not answer")
            assert found.advice == "Start the gateway. The next sync follows by itself."
            ward.settings = replace(ward.settings, auto_sync=False)
            assert (await ward.find(Check.SYNC_LOG)).advice == "Start the gateway. Then sync."
            is_so(await _skipped(ward, Cause.UNKNOWN_ACCOUNT), Verdict.WARN, Fix.CONNECT, "not among those")

    asyncio.run(scene())


def test_a_sync_that_was_skipped_because_nobody_is_signed_in_leads_to_the_sign_in(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True, signed_out=True) as (ward, _):
            is_so(await _skipped(ward, Cause.NOT_AUTHENTICATED), Verdict.WARN, Fix.SIGN_IN, "nobody was signed in")
            is_so(await _skipped(ward, Cause.GATEWAY_NOT_RUNNING), Verdict.WARN, Fix.SIGN_IN, "did not answer")
            ward.dial.instant = LUNCH.replace(hour=5, minute=10)  # 00:10 in New York
            is_so(await _skipped(ward, Cause.MAINTENANCE), Verdict.EXPECTED, Fix.WAIT, "nightly maintenance")

    asyncio.run(scene())


def test_a_sync_that_was_skipped_in_the_lock_out_says_until_when_and_to_wait(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True) as (ward, gateway):
            gateway.limit()
            found = await _skipped(ward, Cause.PENALTY_BOX)
            ends = ward.budget.boxed_until
            assert ends is not None
            until = f"{ends:%H:%M:%S} UTC"
            is_so(found, Verdict.WARN, Fix.WAIT, f"the broker locked us out until {until}.")
            assert found.advice.startswith(f"Wait until {until}") and found.target == ends.isoformat()
            found = await _skipped(ward, Cause.GATEWAY_NOT_RUNNING)
            is_so(found, Verdict.WARN, Fix.WAIT, "did not answer")
            assert until in found.advice

    asyncio.run(scene())


def test_without_a_word_from_the_gateway_the_sync_tells_when_it_goes_on(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True) as (ward, _):
            ward.settings = replace(ward.settings, ibkr_enabled=False)
            found = await _skipped(ward, Cause.PENALTY_BOX)
            is_so(found, Verdict.WARN, Fix.WAIT, f"until {ward.dial() + timedelta(minutes=9):%H:%M:%S} UTC")
            is_so(await _skipped(ward, Cause.MAINTENANCE), Verdict.EXPECTED, Fix.WAIT, "maintenance")

    asyncio.run(scene())


def test_a_stream_that_is_down_although_the_session_is_open(tmp_path: Path) -> None:
    async def scene() -> None:
        async with at_demo(tmp_path, with_vault=True) as (ward, _):
            ward.stream = StreamState(is_up=False, since=ward.dial(), reason="cut")
            is_so(await ward.find(Check.STREAM), Verdict.WARN, Fix.SYNC_NOW, "down")
            at = ward.dial()
            ward.stream = StreamState(is_up=True, since=at, last_heard=at - timedelta(seconds=3))
            is_so(await ward.find(Check.STREAM), Verdict.GOOD, None, "3 s ago")
            ward.stream = StreamState()
            is_so(await ward.find(Check.STREAM), Verdict.UNKNOWN, None, "No stream was opened here")

    asyncio.run(scene())


def test_the_documents_four_questions_are_answered_in_their_order() -> None:
    first = ANSWERS[Complaint.NOT_SYNCING][:4]
    assert first == (Check.GATEWAY_ANSWERS, Check.SETTINGS, Check.SYNC_LOG, Check.SIGN_ON)


def test_a_tws_that_is_wanted_is_examined_beside_the_gateway(tmp_path: Path) -> None:
    async def scene() -> None:
        made = ward(tmp_path, f"https://127.0.0.1:{await free_port()}", "AB" * 32)
        async with at_tws() as at:
            made.tws = TwsAccess(place=TwsPlace(port=at.service.port), knock=knock, opening=opening)
            results = (await made.report()).results
            assert tuple(each.check for each in results)[-len(OF_TWS):] == OF_TWS
            assert {each.verdict for each in results if each.check in OF_TWS} == {Verdict.GOOD}
            await at.service.kill()
            report = await made.report()
            told = [each.check for each in report.about(Complaint.TWS_REFUSED)]
            assert told == list(ANSWERS[Complaint.TWS_REFUSED])
            assert report.about(Complaint.TWS_REFUSED)[0].verdict is Verdict.BAD

    asyncio.run(scene())
