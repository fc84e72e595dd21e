"""Attention, head by head: pictures of maps, their strongest cells, and heads in numbers."""

from __future__ import annotations

import base64

import numpy as np

from reportgen.methods import all_arrays
from statements.dom import Node
from statements.facts import Job
from statements.heads import ATTRIBUTED, Quantity, heads_in_numbers, heat, quantities
from statements.pictures import drawn, pixels, three_digits, unpack
from statements.tables import seen
from statements.written import Ledger, P, Part, T

AXES = {
    "Attention, head by head": "LHnn",
    "Attention from output to input, head by head": "KGmn",
    "Attention within the output, head by head": "KGmm",
}
STRONGEST = 8
ERROR = (0.07, 0.006)
"""How far a value read from a picture may be off, in shares of its scale."""


def check_maps(ledger: Ledger, job: Job, card: Node) -> None:
    for section in card.all("section.explorer"):
        Explorer(ledger, job, section).check()


class Explorer:
    def __init__(self, ledger: Ledger, job: Job, section: Node) -> None:
        self.ledger, self.job, self.section = ledger, job, section
        axes = AXES[section.attrs["aria-label"]]
        self.quantities = quantities(job, axes)
        first = next(iter(self.quantities.values()))
        self.layers, self.heads = first.heads.shape[:2]
        own, decoder = job.result.tokens, job.result.decoder_tokens
        self.rows = own if axes == "LHnn" else decoder
        self.columns = decoder if axes == "KGmm" else own
        self.square, self.own = axes != "KGmn", axes == "LHnn"
        self.data = section.all("script")[-1].json

    def check(self) -> None:
        self.prose()
        for node in self.section.all("select option"):
            if node.parent.attrs["name"] == "kind":
                title = self.data["quantities"][node.attrs["value"]]["title"]
                self.ledger.quotes(node, title)
                continue
            count = {"layer": self.layers, "head": self.heads}.get(node.parent.attrs["name"])
            if node.text.isdigit():
                number = int(node.attrs["value"]) + (node.parent.attrs["name"] == "layer")
                self.ledger.says(node, number)
                self.ledger.holds(number <= count, node, f"is more than {count}")
        figures = [f for f in self.section.all("figure") if "data-kind" in f.attrs]
        kinds = [figure.attrs["data-kind"] for figure in figures]
        same = kinds == list(self.quantities) == self.data["order"]
        self.ledger.holds(same, self.section, f"has {kinds}")
        for figure in figures:
            self.figure(figure, self.quantities[figure.attrs["data-kind"]])
        for figure in self.section.all("figure.vectors"):
            self.vectors(figure)
        self.summaries()
        for table in self.section.all("details table.data"):
            self.cells(table)

    def prose(self) -> None:
        first, *_, last = self.section.all("> p.soft")
        layer, head = self.strongest_head()
        most = max(
            (
                len(self.job.explained(a))
                for a in all_arrays()
                if a.axes == "LHnn" and a.maps and a.per_target
            ),
            default=0,
        )
        limit: tuple[Part, ...] = ("first ", ATTRIBUTED, " of ", most, " outputs…")
        shown = ("Shown first: layer ", layer, ", head ", head, ", …")
        many = limit if most > ATTRIBUTED and self.own else ()
        block = self.data["quantities"][self.data["order"][0]]["block"]
        pooled = (block[0], " × ", block[1], ".") if block != [1, 1] else ()
        self.ledger.says(first, "…", *many, *shown, *pooled)
        self.ledger.says(
            last,
            "…within ",
            P(ERROR[0]),
            "…under 1 %…within ",
            P(ERROR[1]),
            "; the ",
            STRONGEST,
            " strongest…",
        )
        self.ledger.holds(self.data["first"] == [layer - 1, head], first, "but shows another")

    def strongest_head(self) -> tuple[int, int]:
        """Return the head with most attribution, else most attention to other words."""
        signed = [q for q in self.quantities.values() if q.signed]
        if signed:
            weight = sum(np.abs(q.heads).sum(axis=(-2, -1), dtype=float) for q in signed)
        else:
            heads = next(iter(self.quantities.values())).heads
            kept = ~np.array([token.special for token in self.columns])
            weight = heads[..., kept].sum(axis=(-2, -1), dtype=float)
            if self.square:
                weight = weight - np.diagonal(heads, axis1=-2, axis2=-1)[..., kept].sum(-1)
        layer, head = np.unravel_index(int(np.argmax(weight)), weight.shape)
        return int(layer) + 1, int(head) + 1

    def figure(self, figure: Node, quantity: Quantity) -> None:
        ranges = figure.one("span.ranges")
        own = np.abs(quantity.heads).max(axis=(-2, -1)), quantity.together.max(axis=(-2, -1))
        end, together = quantity.ends
        if quantity.own:
            spans = [float(v) for sizes in own for v in (sizes.min(), sizes.max())]
            self.ledger.says(
                ranges,
                "…: ",
                spans[0],
                " to ",
                spans[1],
                " for heads, ",
                spans[2],
                " to ",
                spans[3],
                "…(",
                T(quantity.array.maps.joined),
                ")",
            )
        else:
            low = -end if quantity.signed else 0
            joined = T(quantity.array.maps.joined)
            self.ledger.says(
                ranges, "heads ", low, " to ", end, ", …(", joined, ") 0 to ", together
            )
        caption = figure.one("figcaption > span.soft")
        about = quantity.array.maps.about.replace("{target}", self.target(figure))
        self.ledger.says(caption, T(f"{about}. Scale: {ranges.text}."))
        maps, several = quantity.array.maps, len(self.job.explained(quantity.array)) > 1
        titled = maps.title_of if several and quantity.array.per_target else maps.title
        name = titled.replace("{target}", self.target(figure))
        self.ledger.says(figure.one("figcaption"), T(f"{name} {caption.text}"))
        self.numbers(figure, self.heads)
        picture = figure.one("img")
        self.ledger.tells(
            picture,
            "alt",
            T(name),
            ": small maps of ",
            self.layers,
            " layers (rows) and ",
            self.heads,
            " heads (…)",
        )
        told = self.data["quantities"][figure.attrs["data-kind"]]
        said = maps.verb.replace("{target}", self.target(figure))
        self.ledger.holds((told["title"], told["verb"]) == (name, said), figure, "is called else")
        self.tiles(picture, quantity, told, own)
        self.exact(figure, quantity, told["exact"])
        shared = np.allclose((told["head_scale"], told["together_scale"]), quantity.ends, rtol=1e-5)
        self.ledger.holds(shared and told["own"] == quantity.own, figure, "is on other scales")

    def target(self, figure: Node) -> str:
        key = figure.attrs["data-kind"]
        array = self.quantities[key].array
        if not array.per_target:
            return ""
        return self.job.shown(self.job.explained(array)[int(key.rpartition("-")[2]) - 1])

    def numbers(self, figure: Node, heads: int) -> None:
        """The numbers of layers and heads beside small maps."""
        for names, amount in (
            (figure.all("p.top > span")[1:], heads),
            (figure.all("p.left > span"), self.layers),
        ):
            if names:
                self.ledger.holds(len(names) == amount, figure, f"has not {amount} numbers")
            for number, node in enumerate(names, start=1):
                self.ledger.says(node, number)

    def tiles(self, picture: Node, quantity: Quantity, told: dict, own: tuple) -> None:
        if told["block"] != [1, 1]:
            return  # pooled: the maps themselves are drawn apart
        colours, gap = pixels(picture.attrs["src"]), told["gap"]
        rows, columns = quantity.heads.shape[-2:]
        ends = (
            np.broadcast_to(quantity.ends[0], own[0].shape),
            np.full(self.layers, quantity.ends[1]),
        )
        if quantity.own:
            ends = own
        for layer in range(self.layers):
            for head in range(self.heads + 1):
                top, left = layer * (rows + gap), head * (columns + gap)
                tile = colours[top : top + rows, left : left + columns]
                values = quantity.heads[layer, head - 1] if head else quantity.together[layer]
                end = ends[0][layer, head - 1] if head else ends[1][layer]
                right = drawn(tile, values, float(end), root=True)
                self.ledger.holds(right, picture, f"is drawn otherwise: layer {layer}, head {head}")

    def exact(self, figure: Node, quantity: Quantity, told: dict) -> None:
        """The strongest cells of each map, which the script knows exactly."""
        cells = quantity.heads.shape[-2] * quantity.heads.shape[-1]
        code = "<u4" if cells > 1 << 16 else "<u2"
        shape = (self.layers, self.heads + 1, STRONGEST)
        places = np.frombuffer(base64.b64decode(told["places"]), code).reshape(shape)
        values = unpack(told["values"]).reshape(shape)
        maps = np.concatenate([quantity.together[:, None], quantity.heads], axis=1)
        maps = maps.reshape(*shape[:2], -1)
        held = np.take_along_axis(maps, places.astype(int), axis=2)
        held = np.where(values == 0, 0, held)
        largest = -np.sort(-np.abs(maps), axis=2)[..., :STRONGEST]
        largest = np.pad(largest, ((0, 0), (0, 0), (0, STRONGEST - largest.shape[2])))
        right = three_digits(values, held) and np.allclose(np.abs(held), largest, rtol=1e-5)
        self.ledger.holds(right, figure, "has other cells as the strongest")

    def vectors(self, figure: Node) -> None:
        f = self.job.array("vector_norms/f")
        end = float(f.max())
        self.ledger.says(
            figure.one("figcaption > span.soft"), "…(Kobayashi et al. 2020)…Scale: 0 to ", end, "."
        )
        self.numbers(figure, self.heads)
        colours = pixels(figure.one("img").attrs["src"])
        for layer in range(self.layers):
            top = layer * (self.heads + 1)
            right = drawn(colours[top : top + self.heads], f[layer], end, root=True)
            self.ledger.holds(right, figure, f"is drawn otherwise: layer {layer}")
        told = self.data["quantities"]["vectors"]
        right = np.allclose(told["ends"], f.max(axis=(1, 2)), rtol=0.006)
        self.ledger.holds(right, figure, "has other ends of layers")

    def summaries(self) -> None:
        found = heads_in_numbers(self.job, self.quantities, self.rows, self.columns, self.square)
        told = {one["title"]: one for one in self.data["summaries"]}
        for node in self.section.all("details div.several > div"):
            if not node.all("table.heat"):
                continue
            name = node.one("h4").own
            values = found[name]
            start = "…; 0 is all on one token. … 0 to " if name == "Entropy" else "… 0 to "
            self.ledger.says(node.one("p.soft"), start, float(values.max()), "…")
            heat(self.ledger, node.one("table.heat"), values)
            right = np.allclose(told[name]["values"], values, rtol=0.0051, atol=1e-9)
            self.ledger.holds(right, node, "is something else to the script")
            order = (values.ravel()[None] < values.ravel()[:, None]).sum(-1)
            thirds = (3 * order // values.size).reshape(values.shape)
            self.ledger.holds(told[name]["places"] == thirds.tolist(), node, "has other thirds")
        self.ledger.holds(set(told) == set(found), self.section, f"sums up {sorted(told)}")

    def cells(self, table: Node) -> None:
        """The strongest cells over all heads, and the ends of maps' own scales."""
        caption = table.one("caption").text
        titled = {
            figure.one("figcaption").own: self.quantities[figure.attrs["data-kind"]]
            for figure in self.section.all("figure")
            if "data-kind" in figure.attrs
        }
        name = caption.partition(": ")[2]
        quantity = titled[name]
        self.ledger.quotes(table.one("caption"))
        self.ledger.tells(table.parent, "aria-label", T(caption))
        if caption.startswith("Where the scale"):
            heads = np.abs(quantity.heads).max(axis=(-2, -1))
            rows: list[list] = []
            for layer, sizes in enumerate(heads):
                parts: list[Part] = []
                for size in sizes:
                    parts += [" · "] * bool(parts) + [float(size)]
                rows.append([layer + 1, float(quantity.together[layer].max()), tuple(parts)])
            self.ledger.table(table, rows)
            self.ledger.says(table.heads()[2], "heads 1 to ", self.heads)
            return
        order = np.argsort(-np.abs(quantity.heads), axis=None, kind="stable")[:STRONGEST]
        rows = []
        for i in order:
            layer, head, row, column = map(int, np.unravel_index(i, quantity.heads.shape))
            value = float(quantity.heads[layer, head, row, column])
            if value:
                looks = seen(self.rows[row].text)
                seen_at = seen(self.columns[column].text)
                rows.append(
                    [
                        layer + 1,
                        head + 1,
                        (T(looks), " (", row + 1, ")"),
                        (T(seen_at), " (", column + 1, ")"),
                        value,
                    ]
                )
        self.ledger.table(table, rows)
