"""The class edition: which cells it keeps, and how exercises and solutions stand in the document.

Cells tagged "class" belong to this edition alone; in the others they are dropped before anything runs. In a document the
code of cells tagged "exercise" or "solution" is part of the text, and solutions fold.
"""

import copy
import re

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from sitrep.render import document

#: The edition, and the tag of the cells that it alone shows.
CLASS = "class"
#: Tags of cells whose code is read, not only run.
EXERCISE, SOLUTION = "exercise", "solution"

_HEADING = re.compile(r"^#+ +(.+)$", re.M)


def for_edition(nb: NotebookNode, audience: str) -> NotebookNode:
    """Return *nb* with the cells that the edition *audience* runs and shows."""
    if audience == CLASS:
        return nb
    kept = [cell for cell in nb.cells if CLASS not in document.tags(cell)]
    return NotebookNode(nb | {"cells": kept})


def with_code_shown(nb: NotebookNode) -> NotebookNode:
    """Return *nb* with the code of exercises and solutions as text before what it shows, and gone from the folds."""
    cells = []
    for cell in nb.cells:
        own = document.tags(cell)
        if cell.cell_type == "markdown" and SOLUTION in own:
            # in the lab a heading folds what is below it; in a document it would tell the answer in the contents
            cell = copy.deepcopy(cell)
            cell.source = _HEADING.sub(r"**\1.**", cell.source)
        if cell.cell_type != "code" or not own & {EXERCISE, SOLUTION}:
            cells.append(cell)
            continue
        shown = new_markdown_cell(_fenced(cell.source), metadata={"tags": sorted(own)})
        shown.id = f"{cell.id[:58]}-code"
        bare = copy.deepcopy(cell)
        bare.source = ""
        cells += [shown, bare]
    return NotebookNode(nb | {"cells": cells})


def _fenced(source: str) -> str:
    """*source* as a Markdown code block, with a fence longer than any in it."""
    longest = max((len(found) for found in re.findall(r"`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{source}\n{fence}"
