"""The removal game: what a model's output becomes when units of its input are taken away.

All that is asked about removals reads from one cache of outputs by set of removed units.
"""

from reportgen.engine.removal.game import RemovalGame
from reportgen.engine.removal.orders import Bounds, RemovalOrder
from reportgen.engine.removal.shapley import ShapleyEstimate
from reportgen.engine.removal.smallest import SmallestSet

__all__ = ["Bounds", "RemovalGame", "RemovalOrder", "ShapleyEstimate", "SmallestSet"]
