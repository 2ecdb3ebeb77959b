"""What is shipped beside the code is whole: pictures parse, tables parse, texts begin and link as the app expects."""

import re
import tomllib
import xml.etree.ElementTree as ElementTree  # our own files, committed
from pathlib import Path

import pytest

from ibdesk import assets
from tests.house.files import ROOT, name_of, project_files

RESOURCES = [path for path in project_files() if path.is_relative_to(ROOT / "resources")]
HELP = [path for path in RESOURCES if path.suffix == ".md"]
PAGES = {"changelog", "commands", "gateway", "getting-started", "keys", "resources", "risk", "trouble", "vault"}
DISCLOSURES = ["1-options-risk", "2-margin-and-day-trading", "3-automation-and-data", "4-no-advice"]  # as shown
LINK = re.compile(r"\]\(([^)\s]+)\)")


def test_the_resources_are_found_from_the_source_tree() -> None:
    assert assets.resource("help") == ROOT / "resources" / "help"
    assert assets.resource("help", "risk.md").is_file()


def test_every_help_page_and_every_disclosure_is_there() -> None:
    assert {path.stem for path in assets.resource("help").glob("*.md")} >= PAGES
    assert sorted(path.stem for path in assets.resource("help", "disclosures").glob("*.md")) == DISCLOSURES


@pytest.mark.parametrize("path", [path for path in HELP if path.parent.name != "disclosures"], ids=name_of)
def test_a_help_page_begins_with_its_title(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("path", [path for path in HELP if path.parent.name == "disclosures"], ids=name_of)
def test_a_disclosure_begins_with_its_version_what_is_ticked_and_its_title(path: Path) -> None:
    version, statement, blank, title, *body = path.read_text(encoding="utf-8").splitlines()

    assert re.fullmatch(r"version: \d{4}-\d{2}-\d{2}", version)
    assert re.fullmatch(r"statement: I .+\.", statement)
    assert not blank
    assert title.startswith("# ")
    assert 100 < len(" ".join(body).split()) < 500, "one page"


def test_no_text_states_the_old_day_trading_minimum_as_the_rule_of_today() -> None:
    for path in HELP:
        text = " ".join(path.read_text(encoding="utf-8").split())
        assert not re.search(r"FINRA (requires|demands|still requires)[^.]*25,000", text), name_of(path)


@pytest.mark.parametrize("path", [*HELP, ROOT / "README.md"], ids=name_of)
def test_every_link_is_secure_or_leads_to_a_file(path: Path) -> None:
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if "://" in target:
            assert target.startswith("https://"), target
        elif not target.startswith("#"):
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", [path for path in RESOURCES if path.suffix == ".svg"], ids=name_of)
def test_every_icon_is_a_drawing_that_needs_nothing_else(path: Path) -> None:
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - our own file

    assert root.tag.endswith("svg")
    assert root.get("viewBox")
    assert not [node for node in root.iter() if any("href" in name for name in node.keys())]  # noqa: SIM118


@pytest.mark.parametrize("path", [path for path in RESOURCES if path.suffix == ".toml"], ids=name_of)
def test_every_table_can_be_read(path: Path) -> None:
    assert tomllib.loads(path.read_text(encoding="utf-8"))
