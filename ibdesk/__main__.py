"""`python -m ibdesk`: straight to the window when nothing else is asked for (goal G6), else to the verbs."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibdesk.cli.channel_server import Channel
    from ibdesk.desk_door import Shown


def main() -> int:
    """Run ibdesk with the arguments of the process; the exit code."""
    match sys.argv[1:]:
        case []:
            return _window(None)
        case ["--home", folder] if folder and not folder.startswith("~"):
            return _window(folder)
    from ibdesk.cli import main as verbs

    return verbs()


def _window(folder: str | None) -> int:
    from pathlib import Path

    from ibdesk import app

    home = Path(folder).absolute() if folder else app.default_home()
    if (home / "ibdesk.door").exists():  # a window may have this vault open: the verbs know how to ask it
        from ibdesk.cli import main as verbs

        return verbs()
    return app.main(home=home, serve=_serve)


def _serve(shown: "Shown") -> "Channel":
    """Answer commands from this desk; imported when there is one."""
    from ibdesk.cli.channel_server import serve

    return serve(shown)


if __name__ == "__main__":
    sys.exit(main())
