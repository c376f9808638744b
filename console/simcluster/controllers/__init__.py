"""Controllers: pure functions that look at the world and say what to change, and the loop that runs them."""

from .loop import Controllers

__all__ = ["Controllers"]
