"""The parts that the browser runs by itself: navigation, slides, questions, pictures.

Each is a Streamlit component whose script only loads the real one, once; `slide.js` and `nav.js` say how they
work. Component identity is the `key`, so new data never remounts them.
"""

from __future__ import annotations

import streamlit as st

from classroom.scripts import PREFIX

_LOADER = """
export default function(args) {
  const root = args.parentElement;
  root.__args = args;
  root.__left = false;
  const go = (module) => { root.__leave = module.MOUNT(root.__args); };
  const modules = (globalThis.__deck ??= {}), path = "PREFIX/FILE.js"; // a page that outlives an upgrade loads anew
  if (modules[path]) go(modules[path]);
  else import(new URL(path, document.baseURI)).then((module) => {
    modules[path] = module;
    if (!root.__left && root.__args === args) go(module); // newer data has asked for it too
  }, () => { root.textContent = "This part of the page did not load. Reload the page."; });
  return () => { root.__left = true; root.__leave?.(); };
}
"""


def _loader(file: str, mount: str) -> str:
    return _LOADER.replace("PREFIX", PREFIX).replace("FILE", file).replace("MOUNT", mount)


_TILES = "M1.5 1.5h5v5h-5zM9.5 1.5h5v5h-5zM1.5 9.5h5v5h-5zM9.5 9.5h5v5h-5z"
_CORNERS = "M1.5 5.5v-4h4M10.5 1.5h4v4M14.5 10.5v4h-4M5.5 14.5h-4v-4"


def _icon(path: str) -> str:
    return f'<svg viewBox="0 0 16 16" aria-hidden="true"><path d="{path}"/></svg>'


NAV = st.components.v2.component(
    "deck_nav",
    isolate_styles=False,
    js=_loader("nav", "mountNav"),
    html=f"""<nav class="nav" aria-label="Slides">
<button class="previous" type="button" aria-label="Previous slide">&#8592;</button>
<button class="overview" type="button" aria-label="Overview of all slides">{_icon(_TILES)}</button>
<div class="segments" role="progressbar" aria-label="Progress through the slides" aria-valuemin="0"></div>
<span class="count"></span><span class="title sr-only" role="status"></span>
<span class="clock" aria-hidden="true">00:00</span>
<button class="full" type="button" aria-label="Full screen">{_icon(_CORNERS)}</button>
<button class="next" type="button" aria-label="Next slide">&#8594;</button></nav>""",
)

SLIDE = st.components.v2.component(
    "deck_slide",
    isolate_styles=False,
    js=_loader("slide", "mountSlide"),
    html="""<div class="page"></div>""",
)

QUESTION = st.components.v2.component(
    "deck_question",
    isolate_styles=False,
    js=_loader("question", "mountQuestion"),
    html="""<section class="question"></section>""",
)

PICTURE = st.components.v2.component(
    "deck_picture",
    isolate_styles=False,
    js=_loader("stage", "mountPicture"),
    html="""<div class="stage"></div>""",
)

OPERATORS = st.components.v2.component(
    "deck_operators",
    isolate_styles=False,
    js=_loader("operators", "mountOperators"),
    html="""<div class="operators"><div data-part="head"></div><div data-part="notice"></div>
<div class="reference"><div data-part="list"></div><article class="prose" data-part="body"></article></div></div>""",
)

EXPLORE = st.components.v2.component(
    "deck_explore",
    isolate_styles=False,
    js=_loader("explore", "mountExplore"),
    html="""<div class="explore"><header class="head"><p><a href="overview">&#8592; the overview</a>&emsp;
<a href="operators">all operators</a>&emsp;<a href="ledger">all claims</a></p><h1>Explorer</h1>
<p class="src">point at a number to see where it comes from</p></header>
<div class="notices"></div>
<div class="bench dense"><div class="controls"></div><div class="stage"></div></div></div>""",
)

KEEP = st.components.v2.component(
    "deck_keep",
    isolate_styles=False,
    js=_loader("keep", "mountKeep"),
    html="<div hidden></div>",
)
