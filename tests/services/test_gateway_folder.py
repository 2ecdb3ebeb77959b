"""Folders that are and are not a gateway, and Java versions in both spellings."""

import asyncio
import sys
from pathlib import Path

import pytest

from ibdesk.services.gateway_conf import read_conf
from ibdesk.services.gateway_folder import START_COMMANDS, inspect_folder, installed_java, parse_java


def make_gateway(folder: Path, conf: str = "listenPort: 5000\nlistenSsl: true\n", starter: str = "run.sh") -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "root").mkdir()
    (folder / "bin" / starter).write_text("")
    (folder / "root" / "conf.yaml").write_text(conf)
    return folder


@pytest.mark.parametrize("starter", ["run.sh", "run.bat"])
def test_an_unpacked_gateway_is_recognised_and_tells_its_port(tmp_path: Path, starter: str) -> None:
    report = inspect_folder(make_gateway(tmp_path / "gw", "    ip2loc: US\n    listenPort: 5055\n", starter))
    assert report.is_gateway
    assert report.url == "https://localhost:5055"


@pytest.mark.parametrize("off", ["false", "no", "off", '"false"', "'no'", "False"])
def test_a_gateway_without_ssl_says_so_however_it_is_written(tmp_path: Path, off: str) -> None:
    report = inspect_folder(make_gateway(tmp_path / "gw", f'listenPort: "5000"\nlistenSsl: {off}\n'))
    assert (report.ssl, report.url) == (False, "http://localhost:5000")


@pytest.mark.parametrize(
    "text",
    ['listenPort: "5000"\nlistenSsl: yes\n', "# listenPort: 1\nlistenPort:   5000 # why\nlistenSsl: false\n",
     "other:\n  listenPort: 7000\nlistenPort: 5001\n", "listenPort: many\n", "{listenPort: 5000, listenSsl: no}\n"],
)  # fmt: skip
def test_the_folder_and_the_examined_file_tell_the_same_address(tmp_path: Path, text: str) -> None:
    folder = make_gateway(tmp_path / "gw", text)
    assert inspect_folder(folder).url == read_conf(folder / "root" / "conf.yaml").url


def test_another_folder_names_what_is_missing(tmp_path: Path) -> None:
    assert inspect_folder(tmp_path).missing == ("bin/run.sh or bin/run.bat", "root/conf.yaml")


def test_a_conf_without_a_port_gives_no_address(tmp_path: Path) -> None:
    assert inspect_folder(make_gateway(tmp_path / "gw", "ip2loc: US\n")).url is None


@pytest.mark.parametrize(
    ("output", "major", "update", "runs"),
    [
        ('java version "1.8.0_192"\nJava(TM) SE Runtime Environment (build 1.8.0_192-b12)', 8, 192, True),
        ('java version "1.8.0_191"', 8, 191, False),
        ('openjdk version "11.0.2" 2019-01-15', 11, 0, True),
        ('openjdk version "17.0.9" 2023-10-17', 17, 0, True),
        ('openjdk version "22-ea" 2024-03-19', 22, 0, True),
        ('java version "10.0.2" 2018-07-17', 10, 0, False),
        ('java version "1.7.0_80"', 7, 80, False),
    ],
)
def test_both_spellings_of_a_java_version_are_read(output: str, major: int, update: int, runs: bool) -> None:
    version = parse_java(output)
    assert version is not None
    assert (version.major, version.update, version.runs_gateway) == (major, update, runs)


def test_output_without_a_version_is_no_java() -> None:
    assert parse_java("command not found") is None


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for java")
def test_the_java_on_the_path_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java = tmp_path / "java"
    java.write_text('#!/bin/sh\necho \'openjdk version "21.0.1" 2023-10-17\' >&2\n')
    java.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    version = asyncio.run(installed_java())
    assert version is not None
    assert version.text == "21.0.1"


def test_no_java_on_the_path_is_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert asyncio.run(installed_java()) is None


def test_start_commands_are_shown_for_both_systems() -> None:
    assert dict(START_COMMANDS) == {
        "macOS, Linux": "./bin/run.sh root/conf.yaml", "Windows": r"bin\run.bat root\conf.yaml",
    }
