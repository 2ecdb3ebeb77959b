"""The rooms of the rail: one file or folder each, and what several of them share."""
