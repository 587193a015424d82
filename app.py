"""The entry: `streamlit run app.py` opens the talk.

Streamlit runs this file as a script (`__main__`) for every visitor; the server imports it once for the ASGI app, which
adds the routes of classroom.server to Streamlit's own.
"""

if __name__ == "__main__":
    from classroom.ui.shell import main

    main()
else:
    import streamlit as st

    from classroom.server import ROUTES, lifespan

    app = st.App(__file__, routes=ROUTES, lifespan=lifespan)
