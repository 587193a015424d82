"""The pages in Streamlit: the one package, besides app.py and pages, that imports it."""
