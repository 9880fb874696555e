"""Tools for learning: why is this number what it is, and what does this layer see?

Examples
--------
>>> import tinyconv as tc
>>> from tinyconv.explain import explain_cell
>>> conv = tc.nn.Conv2d(1, 1, 2, bias=False)
>>> conv.weight.array[...] = [[0, 1], [2, 3]]
>>> print(explain_cell(conv, tc.arange(9).reshape(1, 1, 3, 3).float(), (0, 0, 0, 0)))
y[0, 0, 0, 0] = 0*0 + 1*1 + 3*2 + 4*3 = 19
"""

from .cell import CellExplanation, Influence, Influences, Term, explain_cell, influences
from .draw_page import DrawPage, draw_page
from .faces import Im2Col, Loops, SparseMatrix, ThreeWays, conv_matrix, im2col, loops, three_ways
from .film import Film, animate
from .graph import GraphDrawing, draw
from .receptive import Coverage, LayerField, ReceptiveFields, coverage, dilation_coverage, receptive_field
from .report import Cause, GradcheckReport, InputReport, gradcheck_report
from .steps import BackwardSteps, Step, backward_steps
from .summary import LayerCost, Summary, summary
from .widget import Widget, widget
