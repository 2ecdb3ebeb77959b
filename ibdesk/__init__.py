"""ibdesk: one desk for trading and managing money at Interactive Brokers."""

__version__ = "0.1.0"
