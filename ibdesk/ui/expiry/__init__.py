"""What ends soon: the expiry board, one position in full, and the question before an exercise or a lapse."""

from ibdesk.ui.expiry.board import ExpiryBoard

__all__ = ["ExpiryBoard"]
