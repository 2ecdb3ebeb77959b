"""The disclosures on the command line: what a person sees, and what counts as a yes."""

from pathlib import Path

from ibdesk.services.disclosures import load_disclosures
from tests.cli.order_desk import OrderDesk, with_desk

FIRST = load_disclosures()[0]
YES = ("disclosures", "acknowledge", FIRST.id, "--version", FIRST.version, "--yes")


def test_the_list_says_what_is_outstanding_and_how_to_agree(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        told = await typed.json("disclosures", "list")
        assert told.code == 0 and told.json["outstanding"] == len(load_disclosures())
        assert {each["standing"] for each in told.json["disclosures"]} == {"never acknowledged"}
        said = (await typed.type("disclosures", "list")).out
        assert f"ibdesk disclosures acknowledge {FIRST.id} --version {FIRST.version}" in said

    with_desk(life, tmp_path, acknowledged=False)


def test_a_yes_is_kept_with_the_words_it_was_given_to(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        said = await typed.type(*YES[:-1], says=("yes",))
        assert said.code == 0 and FIRST.text in said.out and FIRST.sha256 in said.out and FIRST.statement in said.out
        (given,) = await typed.desk.preferences.acknowledgments()
        assert (given.disclosure_id, given.sha256, given.method) == (FIRST.id, FIRST.sha256, "command line")
        assert given.account_hash and given.statement_sha256
        again = await typed.json("disclosures", "list")
        assert again.json["outstanding"] == len(load_disclosures()) - 1

    with_desk(life, tmp_path, acknowledged=False)


def test_only_a_typed_yes_or_one_with_the_command_agrees(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        for says in (("y",), ("no",), ()):
            assert (await typed.type(*YES[:-1], says=says)).code == 3
        silent = await typed.json(*YES[:-1])
        assert silent.code == 3 and silent.json["status"] == "failed" and silent.json["text"] == FIRST.text
        assert await typed.desk.preferences.acknowledgments() == ()
        agreed = await typed.json(*YES)
        assert agreed.code == 0 and agreed.json["sha256"] == FIRST.sha256 and agreed.json["text"] == FIRST.text

    with_desk(life, tmp_path, acknowledged=False)


def test_another_version_or_an_unknown_text_is_refused(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        older = await typed.json("disclosures", "acknowledge", FIRST.id, "--version", "2020-01-01", "--yes")
        assert older.code == 5 and FIRST.version in older.json["remedy"]
        unknown = await typed.json("disclosures", "acknowledge", "nothing", "--version", FIRST.version, "--yes")
        assert unknown.code == 5 and FIRST.id in unknown.json["remedy"]
        assert await typed.desk.preferences.acknowledgments() == ()

    with_desk(life, tmp_path, acknowledged=False)


def test_a_desk_without_a_window_trades_after_them(tmp_path: Path) -> None:
    async def life(typed: OrderDesk) -> None:
        order = ("order", "preview", "--symbol", "AAPL", "--side", "buy", "--qty", "1", "--limit", "1")
        await typed.json("sync")
        assert "ACK_REQUIRED" in _blocks(await typed.json(*order))
        for each in load_disclosures():
            await typed.json("disclosures", "acknowledge", each.id, "--version", each.version, "--yes")
        assert "ACK_REQUIRED" not in _blocks(await typed.json(*order))

    with_desk(life, tmp_path, acknowledged=False)


def _blocks(shown: object) -> set[str]:
    findings = shown.json["findings"]  # type: ignore[attr-defined]
    return {each["code"] for each in findings if each["severity"] == "block"}
