"""What keeps a trader safe in the window: the kill switch, the receipts of orders, and the disclosures."""
