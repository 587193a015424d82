"""The smallest Streamlit app with a key: what no page built on Streamlit can be quicker than."""
