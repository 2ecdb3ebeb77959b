"""The window around the rooms: header, rail, notices and status line. Views only: `ui.main_window` connects them."""
