"""How quickly the talk answers, measured in a real browser beside what Streamlit itself takes."""
