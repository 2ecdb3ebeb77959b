"""What tables list, in which order and with which words: shape without widgets, tested without a window."""
