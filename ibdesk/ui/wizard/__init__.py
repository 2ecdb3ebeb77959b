"""The wizard's pages: they draw `services.first_run` and send back what the person did, nothing more."""
