"""What helps somebody else to help: the log, and a bundle that shows all it holds before it is written."""
