"""The explorer as a page of its own: its address holds every control."""

from __future__ import annotations

import streamlit as st

from classroom.exhibit import acting_for, controls_for
from classroom.exhibits.explorer import Explorer
from classroom.ui import messages
from classroom.ui.components import EXPLORE

KEY, PAGE, EXHIBIT = "explore", "explore", "explorer"


@st.fragment
def show() -> None:
    """Draw the controls and the picture; a released control runs this again and changes nothing that is seen."""
    said = messages.settings(st.session_state.get(KEY))
    explorer, notices = Explorer.from_state(said.values if said else st.query_params.to_dict())
    EXPLORE(
        key=KEY,
        data={
            "notices": notices,
            "stage": {
                "exhibit": EXHIBIT,
                "page": PAGE,
                "slow": False,
                "controls": controls_for(explorer),
                "acting": acting_for(explorer),
                "usual": Explorer().state(),
                "state": explorer.state(),
                "seq": said.seq if said else 0,
            },
        },
        on_settings_change=_nothing,
    )


def _nothing() -> None:
    """The settings are read when the fragment runs."""
