"""`python -m ibdesk`."""

import sys

from ibdesk.cli import main

if __name__ == "__main__":
    sys.exit(main())
