"""The desk without a window: `main` runs one verb and hands back the exit code.

Charter. What: the same wiring and services as the window, on a plain loop, for scripts and for machines without a
screen. No Qt is imported here; a window is opened through `app`, and only when one is wanted. A folder and not one
file, because grammar, answers and verbs change for different reasons. Tried: click (its own rules for exit codes).
A vault that the window holds is reached through that window (`channel*`): a verb is handed over with its words, done
there on the one open desk, and answered here. Tried: a second reader of the same vault beside it (it would ask the
broker with a request budget of its own, and the vault's keys would be in two processes).
Nothing of the verbs is imported before `main` runs: the window imports this package for its end of the channel.
Would change our mind: verbs that run for hours, which would want a service of their own.
"""

import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; the exit code says who has to act next (see --help)."""
    from ibdesk.cli.grammar import located, parser
    from ibdesk.cli.talk import INTERRUPTED, Talk, code_of
    from ibdesk.domain.errors import DeskError

    words = sys.argv[1:] if argv is None else argv
    args = parser().parse_args(words)
    args.words = tuple(words)
    located(args, Path.cwd())
    talk = Talk(json=args.json, quiet=args.quiet)
    try:
        return int(args.run(args, talk))
    except DeskError as error:
        talk.complain(error)
        return code_of(error)
    except KeyboardInterrupt:
        return INTERRUPTED
