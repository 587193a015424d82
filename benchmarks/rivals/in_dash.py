"""The exhibit in Dash: `python in_dash.py PORT`."""

import sys

import plotly.graph_objects as go
from dash import Dash, Input, Output, callback, dcc

from benchmarks.rivals.exhibit import HIGH, LOW, START, STEP, figure

app = Dash()
app.layout = [
    dcc.Slider(LOW, HIGH, STEP, value=START, marks=None, id="eps", updatemode="drag"),
    dcc.Graph(id="picture"),
]


@callback(Output("picture", "figure"), Input("eps", "value"))
def show(eps: float) -> go.Figure:
    """Draw the picture anew."""
    return figure(eps)


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]), debug=False)
