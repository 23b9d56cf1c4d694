"""How many were invited, accepted, answered, were interested? Each figure is decided here, once.

Pages, lists, exports, the API and the check all ask here. What a figure means is in `people`; how
it is counted, and by what, is in `counting`.
"""

from queueing.numbers.counting import Funnel, by, of, of_people, weeks
from queueing.numbers.people import DEFINITIONS, Stage

__all__ = ["DEFINITIONS", "Funnel", "Stage", "by", "of", "of_people", "weeks"]
