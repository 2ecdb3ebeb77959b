"""`python -m ibdesk`: straight to the window when nothing else is asked for (goal G6), else to the verbs."""

import sys


def main() -> int:
    """Run ibdesk with the arguments of the process; the exit code."""
    match sys.argv[1:]:
        case []:
            return _window(None)
        case ["--home", folder]:
            return _window(folder)
    from ibdesk.cli import main as verbs

    return verbs()


def _window(folder: str | None) -> int:
    from pathlib import Path

    from ibdesk import app

    return app.main(home=Path(folder) if folder else None)


if __name__ == "__main__":
    sys.exit(main())
