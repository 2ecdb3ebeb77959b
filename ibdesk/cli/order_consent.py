"""What a person says with an order command: that real money is meant, which account, and yes to the broker's questions.

Whoever cannot be asked is asked nothing: then only what was typed with the command counts, and silence is no.
"""

import argparse
from typing import Any

from ibdesk.cli.talk import Talk
from ibdesk.domain.accounts import AccountId, Environment
from ibdesk.domain.compliance.verdict import Severity, Verdict
from ibdesk.domain.errors import Cause, NeedsPerson, Refused
from ibdesk.domain.modes import Mode, face_of
from ibdesk.domain.orders import OrderTicket, Question
from ibdesk.services.desk import Desk
from ibdesk.services.orders import Unlocked
from ibdesk.services.questioning import Reply

#: The exit code of what a person has to say yes to first.
NEEDS_YES = 3


def check_mode(mode: Mode, args: argparse.Namespace) -> None:
    """Refused(WRONG_ENVIRONMENT) when another mode was meant than the desk is in, or real money where there is none."""
    wanted, face = args.mode, face_of(mode)
    if wanted is not None and wanted is not mode:
        raise Refused(
            f"You meant {face_of(wanted).word}; this desk is in {face.word}.",
            remedy="Change the mode in the window, or leave --mode away.", cause=Cause.WRONG_ENVIRONMENT,
        )  # fmt: skip
    if getattr(args, "live", False) and face.environment is not Environment.LIVE:
        raise Refused(
            f"You meant real money; this desk is in {face.word}.",
            remedy="Leave --live away, or change the mode.", cause=Cause.WRONG_ENVIRONMENT,
        )  # fmt: skip


async def mean_live(mode: Mode, args: argparse.Namespace, account: AccountId, talk: Talk) -> None:
    """Where real money moves: `--live`, the account named, and its id typed once more. NeedsPerson without."""
    if face_of(mode).environment is not Environment.LIVE:
        return
    if not args.live or args.account != account:
        raise _unmeant(
            "This desk trades real money.", f"If you mean it, repeat the command with --live --account {account}."
        )
    typed = args.confirm_account
    if not typed and not talk.json:
        typed = (await talk.ask("Real money. Type the account's id to go on: ", secret=False)).strip().upper()
    if typed != account:
        raise _unmeant(
            "The account's id was not typed." if not typed else "That is not the id of this account.",
            "Type it when asked, or give it with --confirm-account. Nothing was sent.",
        )


async def meant_live(desk: Desk, args: argparse.Namespace, account: AccountId, talk: Talk) -> Unlocked | None:
    """`mean_live`, and live orders unlocked by it for this command's own order, where the desk has them locked; None
    where it has not. Raises what `GoingLive.unlock` raises, which names what is missing of the going-live checklist."""
    await mean_live(desk.mode, args, account, talk)
    live = desk.going_live
    return None if live is None or live.is_armed(account) else await live.unlock_once(account, account)


def missing(verdict: Verdict, args: argparse.Namespace) -> tuple[str, ...]:
    """The codes to confirm that were not accepted with the command; none for what is blocked: it cannot be helped."""
    if verdict.is_blocked:
        return ()
    asked = {each.code for each in verdict.of(Severity.CONFIRM)}
    return tuple(sorted(code.value for code in asked.difference(args.accept)))


def tell_missing(
    codes: tuple[str, ...], form: dict[str, Any], lines: list[str], talk: Talk, *, done: str = "Nothing was sent."
) -> int:
    """What is to be confirmed first, with the words that do; `form` and `lines` show what it is about."""
    remedy = f"Read them, then repeat the command with {' '.join(f'--accept {code}' for code in codes)}"
    talk.tell(
        {"status": "needs_confirmation", "missing": list(codes), "message": done, "remedy": remedy} | form,
        [*lines, done, remedy],
    )
    return NEEDS_YES


class Asker:
    """Answers the broker's questions: yes to those named on the command line, else what a person in front of the
    terminal says, who is told whether a yes sends an order or changes one. `open` keeps those that were not answered
    with yes."""

    def __init__(self, args: argparse.Namespace, talk: Talk, *, is_change: bool = False) -> None:
        self._verb = "Change" if is_change else "Send"
        self.open: tuple[Question, ...] = ()
        self._yes_to = frozenset(args.yes_to)
        self._talk = talk

    async def __call__(self, _ticket: OrderTicket, questions: tuple[Question, ...]) -> Reply:
        if all(each.id in self._yes_to for each in questions):
            return Reply(yes=True)
        for each in questions:
            self._talk.say(f"The broker asks ({each.id or 'no id'}): {each.text}")
        yes = not self._talk.json and await self._says_yes()
        if not yes:
            self.open = questions
        return Reply(yes=yes)

    async def _says_yes(self) -> bool:
        try:
            answer = await self._talk.ask(f"{self._verb} it all the same? [yes/no] ", secret=False)
        except NeedsPerson:  # nobody there is no
            return False
        return answer.strip().lower() == "yes"


def _unmeant(message: str, remedy: str) -> NeedsPerson:
    return NeedsPerson(message, remedy=remedy, cause=Cause.ORDER_REFUSED)
