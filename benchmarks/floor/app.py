"""Two bare pages: a title that a key swaps, and (`?only=fragment`) a fragment that a key runs again, empty."""

import streamlit as st

JS = """
export default function({ data, setStateValue, parentElement }) {
  const s = (parentElement.__floor ??= { at: 0 });
  parentElement.dataset.at = data.at;
  s.set = setStateValue;
  if (!s.bound) {
    s.bound = true;
    document.addEventListener("keydown", (e) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
      if (step) s.set("at", (s.at += step));
    });
  }
}
"""


def place() -> int:
    """Return where the keys have gone."""
    return int((st.session_state.get("keys") or {}).get("at", 0))


def title() -> None:
    """Draw the title of the place."""
    st.title(f"Place {place()}", anchor=False)
    KEYS(key="keys", data={"at": place()}, on_at_change=_nothing)


@st.fragment
def empty() -> None:
    """Draw nothing: only tell the key that it was heard."""
    KEYS(key="keys", data={"at": place()}, on_at_change=_nothing)


def _nothing() -> None:
    """The place is read while the page runs."""


if __name__ == "__main__":
    st.set_page_config(page_title="Floor", layout="wide")
    KEYS = st.components.v2.component("floor_keys", html="<p>keys</p>", js=JS, isolate_styles=False)
    if st.query_params.get("only") == "fragment":
        empty()
    else:
        title()
else:
    app = st.App(__file__)
