"""How dates are written where Django writes them (the administration): as on every other page."""
