"""The exhibit in Panel, drawn by Bokeh, whose data sources are updated in place: `panel serve in_panel_bokeh.py`."""

import panel as pn
from bokeh.models import ColumnDataSource, LinearColorMapper
from bokeh.plotting import figure

from benchmarks.rivals.exhibit import BINS, CENTRES, HIGH, LIMIT, LOW, START, STEP, shown

pn.extension()
WIDTH = 2 * LIMIT / BINS
eps = pn.widgets.FloatSlider(name="eps", start=LOW, end=HIGH, step=STEP, value=START, width=1000)
first = shown(START)
maps = ColumnDataSource({"maps": [first.maps[::-1]]})
shares = ColumnDataSource({"at": CENTRES, "before": first.before, "after": first.after})

picture = figure(title=f"eps = {START:.3f}", width=1000, height=500)
colours = LinearColorMapper("RdBu11", low=-LIMIT, high=LIMIT)
picture.image("maps", x=0, y=0, dw=256, dh=128, color_mapper=colours, source=maps)
bars = figure(width=1000, height=250)
bars.vbar("at", width=WIDTH, top="before", fill_alpha=0.5, source=shares)
bars.vbar("at", width=WIDTH, top="after", fill_alpha=0.5, color="firebrick", source=shares)


def show(value: float) -> None:
    """Put the arrays of this eps into the picture."""
    found = shown(value)
    maps.data = {"maps": [found.maps[::-1]]}
    shares.data = {"at": CENTRES, "before": found.before, "after": found.after}
    picture.title.text = f"eps = {value:.3f}"


pn.bind(show, eps, watch=True)
pn.Column(eps, picture, bars).servable()
