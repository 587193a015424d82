"""The exhibit in Panel, drawn by Plotly: `panel serve in_panel.py`."""

import panel as pn

from benchmarks.rivals.exhibit import HIGH, LOW, START, STEP, figure

pn.extension("plotly")
eps = pn.widgets.FloatSlider(name="eps", start=LOW, end=HIGH, step=STEP, value=START, width=1000)
pn.Column(eps, pn.pane.Plotly(pn.bind(figure, eps), width=1000)).servable()
