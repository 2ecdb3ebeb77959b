"""Orders in the window: the table both rooms use, what an order is called, and the broker's questions.

`OrdersCard` is the table, compact below the option chain and whole in the Orders room; `words` names orders;
`questions.asker` shows what the broker asks before it takes an order; `positions` is what a position's menu offers.
"""

from ibdesk.ui.orders.card import OrdersCard

__all__ = ["OrdersCard"]
