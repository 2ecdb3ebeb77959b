"""The Client Portal Gateway's wire, server side: login machine, warm-ups, limits, answers and sockets."""
