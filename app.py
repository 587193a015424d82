"""The entry: `streamlit run app.py` opens the talk.

Streamlit runs this file as a script (`__main__`) for every visitor; the server imports it once for the ASGI app, which
adds the routes of classroom.server to Streamlit's own.
"""

if __name__ == "__main__":
    from classroom.ui.shell import main

    main()
else:
    import streamlit as st
    from streamlit.runtime.pages_manager import PagesManager

    from classroom.server import ROUTES, lifespan

    # Until `st.navigation` has run once in a process, Streamlit 1.67 takes pages/ for its old kind of multipage app and
    # tells the first visitor of a deep link that the page does not exist. There is no public switch.
    PagesManager.uses_pages_directory = False
    app = st.App(__file__, routes=ROUTES, lifespan=lifespan)
