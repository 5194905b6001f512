"""Where the next sites go: models of covering, of walking and of the farthest walk, with bounds."""

from gridmap.plan.siting.answers import Answer
from gridmap.plan.siting.choose import choose_sites
from gridmap.plan.siting.frontier import draw_frontier
from gridmap.plan.siting.problem import OBJECTIVES, Siting

__all__ = ["OBJECTIVES", "Answer", "Siting", "choose_sites", "draw_frontier"]
