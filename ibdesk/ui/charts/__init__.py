"""Pictures of figures: curves, rings and sparklines, drawn from doubles; the exact figures stand beside them."""
