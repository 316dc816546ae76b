"""Make the README's pictures from the executed notebooks of reports/overview: its first page, and two figures.

make report && .venv/bin/python docs/pictures.py
"""

from pathlib import Path

import nbformat
import typst
from nbformat import NotebookNode

from sitrep import front, parameters, study
from sitrep.content import MIME
from sitrep.render import classroom, document, typst_exporter

TOP = Path(__file__).parents[1]
REPORT = TOP / "reports" / "overview"
#: Figures shown, and the name of the picture of each.
FIGURES = {"fig-calendar": "calendar.png", "fig-map": "map.png"}
#: Notebooks that hold them; the first page is that of the briefing alone.
BRIEFING, HOW_OFTEN = "04_briefing", "02_frequency"


def main() -> None:
    """Write the pictures into docs/pictures/."""
    folder = TOP / "docs" / "pictures"
    chosen = parameters.read(TOP / "reports" / "overview.yaml")
    about = front.title_block(chosen, study.load(chosen, TOP))
    shown = classroom.for_edition(_executed(BRIEFING), "briefing")
    briefing = document.prepare(document.join([(BRIEFING, shown)], about))
    (folder / "overview.png").write_bytes(typst_exporter.pictures(briefing, 80)[0])
    for cell in _executed(HOW_OFTEN).cells:
        for output in cell.get("outputs", ()):
            name = FIGURES.get(output.get("data", {}).get(MIME, {}).get("id"))
            if name is not None:
                (folder / name).write_bytes(_picture(output["data"]["image/svg+xml"]))


def _executed(name: str) -> NotebookNode:
    return nbformat.read(REPORT / "notebooks" / f"{name}.ipynb", as_version=4)


def _picture(svg: str) -> bytes:
    page = b'#set page(width: auto, height: auto, margin: 8pt)\n#image("figure.svg")'
    return bytes(typst.compile({"main.typ": page, "figure.svg": svg.encode()}, format="png", ppi=110))


if __name__ == "__main__":
    main()
