"""conf.yaml: read, examined, changed in place, and never without a copy of what was there."""

import re
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ibdesk.domain.diagnosis import Examined, Fix, Verdict
from ibdesk.domain.errors import Cause, Refused
from ibdesk.services.gateway_conf import changed, lint, matches, parse_conf, read_conf, save_conf

#: The shipped file's shape: indented throughout, its private ranges, its comments.
SHIPPED = """\
    ip2loc: "US"
    proxyRemoteSsl: true
    proxyRemoteHost: "https://api.ibkr.com"
    listenPort: 5000
    listenSsl: true
    ccp: false
    sslCert: "vertx.jks"
    sslPwd: "mywebapi"   # as shipped
    webApps:
        - name: "demo"
          index: "index.html"
    ips:
      allow:
        - 10.*
        - 192.*
        # our own
        - 131.216.*
        - 172.17.0.*   # containers
        - 127.0.0.1
      deny:
        - 212.90.324.10
        - 0.0.0.0/0
"""


def found(text: str, **expects: object) -> tuple[Examined, ...]:
    return lint(parse_conf(Path("conf.yaml"), text), **expects)  # type: ignore[arg-type]


def test_the_shipped_file_is_read() -> None:
    conf = parse_conf(Path("conf.yaml"), SHIPPED)
    assert (conf.listen_port, conf.listen_ssl, conf.url) == (5000, True, "https://localhost:5000")
    assert conf.allow == ("10.*", "192.*", "131.216.*", "172.17.0.*", "127.0.0.1")
    assert conf.deny == ("212.90.324.10", "0.0.0.0/0")
    assert (conf.account_ids, conf.proxy_host, conf.problem) == ((), "https://api.ibkr.com", "")


def test_a_narrow_file_is_safe() -> None:
    (good,) = found("listenPort: 5000\nlistenSsl: true\nips:\n  allow: [127.0.0.1]\n", port=5000, ssl=True)
    assert good.verdict is Verdict.GOOD
    assert "ips.allow: 127.0.0.1" in good.evidence


def test_the_shipped_private_ranges_let_other_computers_in() -> None:
    (warned,) = found(SHIPPED)
    assert (warned.verdict, warned.fix, warned.target) == (Verdict.WARN, Fix.EDIT_CONF, "ips.allow")
    assert "10.*, 192.*, 131.216.*, 172.17.0.*" in warned.statement


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "0.0.0.0", '"*"', '"*.*.*.*"'])  # noqa: S104
def test_an_open_door_is_bad(everybody: str) -> None:
    bad = found(f"listenPort: 5000\nips:\n  allow:\n    - 127.0.0.1\n    - {everybody}\n")[0]
    assert (bad.verdict, bad.target) == (Verdict.BAD, "ips.allow")
    assert "every computer" in bad.statement


@pytest.mark.parametrize(
    ("text", "verdict", "target", "word"),
    [
        ("listenPort: 5000\nlistenSsl: false\nips: {allow: [127.0.0.1]}", Verdict.BAD, "listenSsl", "off"),
        ("listenPort: 5001\nips: {allow: [127.0.0.1]}", Verdict.WARN, "listenPort", "5001"),
        ("ips: {allow: [127.0.0.1]}", Verdict.WARN, "listenPort", "no listenPort"),
        ("listenPort: many\nips: {allow: [127.0.0.1]}", Verdict.BAD, "listenPort", "no port"),
        ("listenPort: 5000", Verdict.WARN, "ips.allow", "no list"),
        ("listenPort: 5000\nips: {allow: []}", Verdict.BAD, "ips.allow", "refuses this computer"),
        ("listenPort: 5000\nips: {allow: [127.0.0.1], deny: [127.*]}", Verdict.BAD, "ips.deny", "refuses"),
        ("listenPort: 5000\nips: {allow: [127.0.0.1]}\nproxyRemoteHost: https://ibkr.com.evil.example",
         Verdict.WARN, "proxyRemoteHost", "evil.example"),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_key(text: str, verdict: Verdict, target: str, word: str) -> None:
    (each,) = found(text, port=5000)
    assert (each.verdict, each.target) == (verdict, target)
    assert word in each.statement and each.advice


def test_a_gateway_that_encrypts_and_a_desk_that_does_not_are_told_apart() -> None:
    (each,) = found("listenPort: 5000\nips: {allow: [127.0.0.1]}", ssl=False)
    assert "set not to" in each.statement


def test_what_is_no_yaml_is_bad_and_says_where(tmp_path: Path) -> None:
    (bad,) = found("listenPort: 5000\nips: [1\nx: 2\n")
    assert bad.verdict is Verdict.BAD and "line" in bad.statement
    assert "cannot be read" in found("just words")[0].statement
    (tmp_path / "conf.yaml").write_bytes(b"\xff\xfe")
    assert read_conf(tmp_path / "conf.yaml").problem == "it is not UTF-8 text"
    assert read_conf(tmp_path / "missing.yaml").problem


def test_a_change_leaves_everything_else_as_it_was() -> None:
    conf = parse_conf(Path("conf.yaml"), SHIPPED)
    text = changed(conf, listen_port=5055, allow=("127.0.0.1",), account_ids=("U1234567",))
    expected = SHIPPED.replace("5000", "5055").replace("        - 10.*\n        - 192.*\n", "")
    expected = expected.replace("        - 131.216.*\n        - 172.17.0.*   # containers\n", "")
    assert text == expected + "    accountIds: [U1234567]\n"
    assert lint(parse_conf(Path("conf.yaml"), text))[0].verdict is Verdict.GOOD


def test_a_short_list_keeps_its_short_form() -> None:
    text = "listenPort: 5000\nips:\n  allow: [127.0.0.1, 0.0.0.0] # who\naccountIds: []\n"
    conf = parse_conf(Path("conf.yaml"), text)
    assert changed(conf, allow=("127.0.0.1",), deny=("10.*",), listen_ssl=True) == (
        "listenPort: 5000\nips:\n  allow: [127.0.0.1] # who\n  deny: [10.*]\naccountIds: []\nlistenSsl: true\n"
    )


def test_a_list_can_be_added_where_there_was_none() -> None:
    text = changed(parse_conf(Path("conf.yaml"), "listenPort: 5000\n"), allow=("127.0.0.1", "*"))
    assert parse_conf(Path("conf.yaml"), text).allow == ("127.0.0.1", "*")


def test_windows_line_ends_stay(tmp_path: Path) -> None:
    conf = parse_conf(Path("conf.yaml"), "listenPort: 5000\r\nips:\r\n  allow:\r\n    - 10.*\r\n    - 127.0.0.1\r\n")
    text = changed(conf, allow=("127.0.0.1", "127.0.0.2"), listen_ssl=True)
    assert text.count("\n") == text.count("\r\n")
    assert parse_conf(Path("conf.yaml"), text).allow == ("127.0.0.1", "127.0.0.2")


@pytest.mark.parametrize(
    ("values", "key"),
    [({"listen_port": 70000}, "listenPort"), ({"allow": ("127.0.0.1\nlistenSsl: false",)}, "ips.allow"),
     ({"allow": ("anyone",)}, "ips.allow"), ({"deny": ("*; x",)}, "ips.deny"),
     ({"account_ids": ("mine",)}, "accountIds")],
)  # fmt: skip
def test_values_that_no_gateway_could_use_are_refused_under_the_files_own_key(
    values: dict[str, object], key: str
) -> None:
    with pytest.raises(Refused) as refused:
        changed(parse_conf(Path("conf.yaml"), SHIPPED), **values)  # type: ignore[arg-type]
    assert refused.value.cause is Cause.BAD_SETTING
    assert refused.value.message.endswith(f" is not allowed for {key}.")


@pytest.mark.parametrize(
    ("text", "values", "key"),
    [("{listenPort: 5000, ips: {allow: [127.0.0.1]}}", {"listen_ssl": True}, "listenSsl"),
     ("listenPort: 5000\nips: {allow: [127.0.0.1]}", {"deny": ("10.*",)}, "ips.deny"),
     ("listenPort: 5000\nlistenSsl: &off false\nother: *off\n", {"listen_ssl": True}, "listenSsl"),
     ("listenPort: 5000\nips:\n  allow:\n    - 10.*\n    - 10.*\n", {"allow": ("10.*",)}, "ips.allow")],
)  # fmt: skip
def test_a_form_that_is_left_to_a_person_is_named_by_the_files_own_key(
    text: str, values: dict[str, object], key: str
) -> None:
    with pytest.raises(Refused, match=re.escape(f"writes {key} in")):
        changed(parse_conf(Path("conf.yaml"), text), **values)  # type: ignore[arg-type]


def test_what_cannot_be_read_or_changed_safely_is_left_alone() -> None:
    with pytest.raises(Refused, match="cannot be read"):
        changed(parse_conf(Path("conf.yaml"), "a: [1"), listen_port=5001)
    with pytest.raises(Refused, match="a form"):
        changed(parse_conf(Path("conf.yaml"), "{listenPort: 5000, ips: {allow: [127.0.0.1]}}"), listen_ssl=True)


def test_saving_keeps_a_copy_and_never_writes_over_one(tmp_path: Path) -> None:
    path = tmp_path / "conf.yaml"
    path.write_text(SHIPPED)
    at = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    conf = read_conf(path)
    first = save_conf(conf, changed(conf, listen_port=5001), at)
    conf = read_conf(path)
    second = save_conf(conf, changed(conf, listen_port=5002), at)
    assert first.name == "conf.yaml.2026-11-21T093000Z.bak"
    assert first.read_text() == SHIPPED
    assert read_conf(second).listen_port == 5001
    assert read_conf(path).listen_port == 5002
    save_conf(read_conf(path), SHIPPED)
    assert len(list(tmp_path.glob("*.bak"))) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="there modes are the folder's")
@pytest.mark.parametrize("mode", [0o644, 0o600, 0o640])
def test_saving_leaves_who_may_read_the_file_as_it_was(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "conf.yaml"
    path.write_text(SHIPPED)
    path.chmod(mode)
    backup = save_conf(read_conf(path), SHIPPED.replace("5000", "5001"))
    assert stat.S_IMODE(path.stat().st_mode) == mode and stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert sorted(each.name for each in tmp_path.iterdir()) == ["conf.yaml", backup.name]


def test_the_gateways_own_rule_for_addresses_knows_stars_and_no_networks() -> None:
    assert matches("127.*", "127.0.0.1") and matches("127.0.0.1", "127.0.0.1")
    assert not matches("0.0.0.0/0", "127.0.0.1") and not matches("10.*", "127.0.0.1")
