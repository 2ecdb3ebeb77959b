"""The doctor in the window: what was examined, what was found, and the one button that helps with each finding."""
