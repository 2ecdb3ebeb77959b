"""The verbs on the disclosures, for a desk without a window: how each stands, its whole text, and a person's yes to it.

A yes names the version that was read, so that no script agrees to a text nobody has seen.
"""

import argparse
from collections.abc import Callable
from typing import Any

from ibdesk.cli.door import in_desk
from ibdesk.cli.talk import Talk
from ibdesk.domain.accounts import AccountId
from ibdesk.domain.compliance.disclosure_rule import EVERY, SCOPES
from ibdesk.domain.compliance.disclosures import Acknowledgment, Disclosure, DisclosureState, states
from ibdesk.domain.errors import Cause, Refused
from ibdesk.services.desk import Desk
from ibdesk.services.disclosures import load_disclosures, sha256

#: The exit code of a text that nobody said yes to.
A_PERSON = 3
#: How the proof says that the yes was given here.
METHOD = "command line"
_HOW = "Read it whole, then: ibdesk disclosures acknowledge {id} --version {version}"


def add_disclosure_verbs(every: Any, group: Callable[..., Any], verb: Callable[..., argparse.ArgumentParser]) -> None:
    """`disclosures list · acknowledge`."""
    texts = group(every, "disclosures", "the texts that hold up opening orders until a person agrees to them")
    verb(texts, "list", "how each stands, with the version to agree to", in_desk(list_texts, reads_only=True))
    yes = verb(texts, "acknowledge", "print a text whole, and agree to it", in_desk(acknowledge))
    yes.add_argument("id", metavar="ID", help="as `disclosures list` shows it")
    yes.add_argument("--version", required=True, metavar="V", help="the version that you read")
    yes.add_argument("--yes", action="store_true", help="you have read it and agree; else you are asked")


async def list_texts(desk: Desk, _args: argparse.Namespace, talk: Talk) -> int:
    """One line for each text."""
    found = await _standing(desk)
    left = sum(each.is_outstanding for each in found)
    talk.tell(
        {"status": "success", "outstanding": left, "disclosures": [_told(each) for each in found]},
        [line for each in found for line in _lines(each)],
    )  # fmt: skip
    return 0


async def acknowledge(desk: Desk, args: argparse.Namespace, talk: Talk) -> int:
    """Show the text, hear the yes, and keep the proof as the window does."""
    text = _named(args.id, args.version)
    shown_at = desk.clock()
    talk.insist(text.text)
    talk.insist(f"Version {text.version}, SHA-256 {text.sha256}")
    if not args.yes and not await _says_yes(text, talk):
        talk.tell(
            {"status": "failed", "id": text.id, "version": text.version, "text": text.text, "statement": text.statement,
             "message": "It was not acknowledged: nobody said yes."},
            ["It was not acknowledged."],
        )  # fmt: skip
        return A_PERSON
    accounts = await desk.book.accounts()
    given = Acknowledgment(
        disclosure_id=text.id, version=text.version, sha256=text.sha256, statement_sha256=sha256(text.statement),
        shown_at=shown_at, acknowledged_at=desk.clock(),
        account_hash=sha256(accounts[0].id if accounts else AccountId("")), app_version=desk.connector.app_version,
        method=METHOD,
    )  # fmt: skip
    await desk.preferences.acknowledge((given,))
    left = [each.text.id for each in await _standing(desk) if each.is_outstanding]
    talk.tell(
        {
            "status": "success", "id": text.id, "version": text.version, "sha256": text.sha256, "text": text.text,
            "statement": text.statement, "acknowledged_at": given.acknowledged_at, "outstanding": left,
        },
        [f"Acknowledged: {text.statement}", f"Still outstanding: {', '.join(left)}" if left else "All are in force."],
    )  # fmt: skip
    return 0


async def _says_yes(text: Disclosure, talk: Talk) -> bool:
    """Only a typed yes is one; whoever answers with JSON says it with the command."""
    if talk.json:
        return False
    answer = await talk.ask(f"{text.statement} [yes/no] ", secret=False)
    return answer.strip().lower() == "yes"


def _named(name: str, version: str) -> Disclosure:
    """The text of exactly this version. Refused when there is no such one, or another version is in force."""
    known = load_disclosures()
    text = next((each for each in known if each.id == name), None)
    if text is None:
        raise Refused(
            f"There is no disclosure {name!r}.", remedy=f"There are {', '.join(each.id for each in known)}.",
            cause=Cause.NOTHING_FOUND,
        )  # fmt: skip
    if text.version != version:
        raise Refused(
            f"The text of “{text.title}” is of version {text.version}, not {version}.",
            remedy=_HOW.format(id=text.id, version=text.version), cause=Cause.NOTHING_FOUND,
        )  # fmt: skip
    return text


async def _standing(desk: Desk) -> tuple[DisclosureState, ...]:
    return states(load_disclosures(), await desk.preferences.acknowledgments(), desk.clock())


def _told(state: DisclosureState) -> dict[str, Any]:
    text, given = state.text, state.given
    return {
        "id": text.id, "title": text.title, "version": text.version, "sha256": text.sha256,
        "standing": state.standing.value, "outstanding": state.is_outstanding,
        "holds_up": SCOPES.get(text.id, EVERY), "statement": text.statement,
        "acknowledged_at": None if given is None else given.acknowledged_at,
        "acknowledged_version": None if given is None else given.version,
        "until": state.until,
    }  # fmt: skip


def _lines(state: DisclosureState) -> list[str]:
    text = state.text
    lines = [f"{text.id:<24} {text.version:<12} {state.standing.value}: {text.title}"]
    if state.is_outstanding:
        lines.append(f"  holds up {SCOPES.get(text.id, EVERY)}. {_HOW.format(id=text.id, version=text.version)}")
    return lines
