"""The desk without a window: `main` runs one verb and hands back the exit code.

Charter. What: the same wiring and services as the window, on a plain loop, for scripts and for machines without a
screen. No Qt is imported here; a window is opened through `app`, and only when one is wanted. A folder and not one
file, because grammar, answers and verbs change for different reasons. Tried: click (its own rules for exit codes).
A vault that an open desk holds is refused; handing the verb over to that desk is a later part.
Would change our mind: verbs that run for hours, which would want a service of their own.
"""

from collections.abc import Sequence

from ibdesk.cli.grammar import parser
from ibdesk.cli.talk import Talk, code_of
from ibdesk.domain.errors import DeskError

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; the exit code says who has to act next (see --help)."""
    args = parser().parse_args(argv)
    talk = Talk(json=args.json, quiet=args.quiet)
    try:
        return int(args.run(args, talk))
    except DeskError as error:
        talk.complain(error)
        return code_of(error)
    except KeyboardInterrupt:
        return INTERRUPTED
