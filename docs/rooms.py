"""Draw the rooms and which way they import, from the contracts in pyproject.toml.

`python docs/rooms.py` writes docs/images/rooms.svg and prints the size of the graph; a test holds
the picture against the contracts, so that it cannot grow old unseen.
"""

import ast
import sys
import tomllib
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs/images/rooms.svg"
HOUSES = ("queueing", "campaigns")
BESIDE = {  # what is no room, and says nothing to a reader of the picture
    "apps": "what Django starts",
    "api": "the HTTP endpoints",
    "probes": "what monitors ask",
    "checks": "is the configuration right?",
    "schedules": "which jobs does the ticker start?",
    "templatetags": "what templates ask for",
    "management": "the commands",
    "admin": "the admin's pages",
    "messages": "the note and its variables",
}
WIDTH, ROOM, GAP, LEFT = 1120, 62, 14, 20
STYLE = """text{font:15px system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;
fill:#1b2733}.h{font-weight:600;font-size:16px}.s{font-size:13px;fill:#44525f}
.b{fill:#f4f8fb;stroke:#3b6a8c;stroke-width:1.5}.w{fill:#fff}"""


def layers(house: str) -> list[list[str]]:
    """Return a house's rooms from the top down, as its contract has them; those of a row beside."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    rows = next(c["layers"] for c in contracts["contracts"] if c.get("containers") == [house])
    return [[room.strip() for room in row.replace(":", "|").split("|")] for row in rows]


def question(house: str, room: str) -> str:
    """Return what a room is for: the first line of its own docstring, as far as it asks."""
    if room in BESIDE:
        return BESIDE[room]
    text = ast.get_docstring(ast.parse((ROOT / house / room / "__init__.py").read_text())) or ""
    return text.partition("?")[0] + "?"


def picture() -> str:
    """Return the picture, as SVG."""
    parts, y = [], 20
    for house in HOUSES:
        parts.append(f'<text x="{LEFT}" y="{y + 16}" class="h">{house}/</text>')
        y += 30
        for row in layers(house):
            width = (WIDTH - 2 * LEFT - GAP * (len(row) - 1)) / len(row)
            for number, room in enumerate(row):
                x = LEFT + number * (width + GAP)
                parts.append(_box(x, y, width, room, question(house, room)))
            y += ROOM + GAP
        y += GAP
    title = "The rooms of SendQ: each imports only from those below it"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" '
        f'height="{y}" role="img" aria-labelledby="ti"><title id="ti">{title}</title>'
        f'<style>{STYLE}</style><rect width="{WIDTH}" height="{y}" class="w"/>'
        + "\n".join(parts)
        + "</svg>\n"
    )


def _box(x: float, y: float, width: float, room: str, text: str) -> str:
    middle = x + width / 2
    return (
        f'<rect x="{x:g}" y="{y}" width="{width:g}" height="{ROOM}" rx="9" class="b"/>'
        f'<text x="{middle:g}" y="{y + 26}" text-anchor="middle" class="h">{room}</text>'
        f'<text x="{middle:g}" y="{y + 47}" text-anchor="middle" class="s">{escape(text)}</text>'
    )


def figures(house: str) -> str:
    """Return how many rooms a house has, on how many levels, and how many imports join them."""
    graph = grimp.build_graph(house)
    for room in sorted(graph.find_children(house)):
        graph.squash_module(room)
    edges = sum(
        len(graph.find_modules_directly_imported_by(room) - {house})
        for room in graph.find_children(house)
    )
    rooms = len(graph.find_children(house))
    return f"{house}: {rooms} rooms and modules, {len(layers(house))} levels, {edges} edges"


if __name__ == "__main__":
    PICTURE.write_text(picture())
    sys.path.insert(0, str(ROOT))
    for house in HOUSES:
        print(figures(house))  # noqa: T201 - what the command is for
