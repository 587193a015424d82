"""The exhibit in plain Streamlit: `streamlit run in_streamlit.py`."""

import streamlit as st

from benchmarks.rivals.exhibit import HIGH, LOW, START, STEP, figure

st.set_page_config(page_title="Streamlit", layout="wide")
eps = st.slider("eps", LOW, HIGH, START, STEP, format="%.3f")
st.plotly_chart(figure(eps))
