"""The gateway in the window: whether it runs, its log, and its conf.yaml."""
