"""The visual identity as one table: style sheets, formulas and pictures read their colours here.

A colour exists once, as a CSS variable with a light and a dark value (`--accent`); pictures name the variable
(`var(--accent)`) and the browser resolves it, so a change of theme repaints without asking the server.
"""

from __future__ import annotations

from typing import Literal

Mode = Literal["light", "dark"]

# name: (light, dark). Contrast on paper (WCAG 2): text at least 4.5, marks and edges at least 3.
TOKENS: dict[str, tuple[str, str]] = {
    "paper": ("#FBFAF6", "#141517"),
    "raised": ("#FFFFFF", "#1C1E21"),
    "sunken": ("#F1EFE8", "#24272B"),  # also the zero of every colour map
    "rule": ("#D9D5CA", "#3A3E44"),
    "edge": ("#857F73", "#7C828B"),
    "ink": ("#1C1B19", "#ECEAE5"),
    "muted": ("#5A564D", "#ABA9A1"),
    "accent": ("#00695C", "#4CC9B0"),  # you can act here, you are here, or these cells share a statistic
    "wash": ("#DFEEEA", "#15332E"),
    "on-accent": ("#FFFFFF", "#06211C"),
    "alert": ("#9C3A06", "#FF9D5C"),
    "alert-wash": ("#FAEADD", "#39241A"),
    "term1": ("#00695C", "#4CC9B0"),
    "term2": ("#86307A", "#E08FD3"),
    "term3": ("#7A5A00", "#E0B84A"),
}
# Perceptually ordered, safe for the common colour-vision deficiencies; strong is far from paper in both themes.
DIVERGING: dict[Mode, tuple[str, ...]] = {
    "light": ("#173F85", "#2F62B5", "#6C95D3", "#AEC4E4", "#F1EFE8", "#F2C3A5", "#E28D5F", "#C55A22", "#94380A"),
    "dark": ("#A9CBFF", "#6FA3F5", "#3F74C8", "#2C4A7C", "#24272B", "#7A4126", "#BE6236", "#F08A55", "#FFC09B"),
}
SEQUENTIAL: dict[Mode, tuple[str, ...]] = {
    "light": ("#F1EFE8", "#A9D0C6", "#58A798", "#00695C", "#003B33"),
    "dark": ("#24272B", "#1B564E", "#2A897A", "#4CC9B0", "#D6FFF4"),
}
TERMS = ("term1", "term2", "term3")


def css_variables() -> str:
    """Return the style rule that defines every token and colour-map stop for both themes."""
    rows = dict(TOKENS)
    for name, stops in (("diverging", DIVERGING), ("sequential", SEQUENTIAL)):
        rows |= {f"{name}-{i}": pair for i, pair in enumerate(zip(stops["light"], stops["dark"], strict=True))}
    body = "".join(f"--{name}:light-dark({light},{dark});" for name, (light, dark) in rows.items())
    return f":root{{{body}}}{_formula_colours()}"


def _formula_colours() -> str:
    """Map the hex colours that KaTeX accepts back to variables, so that formulas follow the theme too."""
    rules = []
    for name in TERMS:
        red, green, blue = (int(TOKENS[name][0][i : i + 2], 16) for i in (1, 3, 5))
        rules.append(f'.katex [style*="rgb({red}, {green}, {blue})"]{{color:var(--{name})!important}}')
    return "".join(rules)


def formula_colours() -> dict[str, str]:
    r"""Return the colour of each tagged term of a formula, for KaTeX's `\textcolor`."""
    return {name: TOKENS[name][0] for name in TERMS} | {"pool": TOKENS["accent"][0]}


def colorscale(kind: Literal["diverging", "sequential"]) -> list[list[float | str]]:
    """Return a Plotly colour scale whose stops are CSS variables."""
    n = len((DIVERGING if kind == "diverging" else SEQUENTIAL)["light"])
    return [[i / (n - 1), f"var(--{kind}-{i})"] for i in range(n)]
