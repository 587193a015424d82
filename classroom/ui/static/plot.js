// Plotly figures: one template for the deck, colours from the theme, sizes from the root font, updates in place.
import { resolved, themeOf } from "./colour.js";

let library;
export function loadPlotly() {
  return (library ??= globalThis.Plotly ? Promise.resolve(globalThis.Plotly) : new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = new URL("./plotly.min.js", import.meta.url);
    script.onload = () => done(globalThis.Plotly);
    script.onerror = () => { library = null; failed(new Error("plotly.min.js did not load")); };
    document.head.append(script);
  }));
}

const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

function template(px) {
  const family = '"Deck Sans", system-ui, sans-serif', text = (size, colour) => ({ family, size: Math.round(size), color: colour });
  const axis = {
    showgrid: false, zeroline: false, showline: true, linecolor: "var(--edge)", linewidth: 1, ticks: "outside", ticklen: 5, tickwidth: 1, tickcolor: "var(--edge)",
    tickfont: text(px * 0.86, "var(--muted)"), title: { font: text(px * 0.9, "var(--muted)"), standoff: 8 }, automargin: true, fixedrange: true,
  };
  const axis3 = { showgrid: true, gridcolor: "var(--rule)", showbackground: false, color: "var(--muted)", zeroline: false };
  return {
    layout: {
      font: text(px * 0.95, "var(--ink)"), paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", colorway: ["var(--accent)", "var(--term2)", "var(--term3)"],
      margin: { l: 8, r: 8, t: 8, b: 8 }, xaxis: axis, yaxis: axis, scene: { xaxis: axis3, yaxis: axis3, zaxis: axis3 }, showlegend: false, bargap: 0.2, hovermode: "closest", dragmode: false,
      hoverlabel: { bgcolor: "var(--raised)", bordercolor: "var(--edge)", font: text(px * 0.9, "var(--ink)") },
      annotationdefaults: { font: text(px * 0.9, "var(--ink)"), showarrow: false }, transition: { duration: 0 },
    },
  };
}

const draw = (root) => {
  const p = root.panel, px = rem(), figure = resolved(root, { data: p.figure.data, layout: { ...p.figure.layout, template: template(px) } });
  figure.layout.height = Math.round(p.height * px);
  figure.layout.width = Math.floor(root.target.clientWidth);
  // Annotations take no defaults for their font from the template in every version: give them ours.
  for (const a of figure.layout.annotations ?? []) a.font = { ...figure.layout.template.layout.annotationdefaults.font, ...a.font };
  root.theme = themeOf(root); root.width = figure.layout.width;
  return loadPlotly().then((plotly) => root.isConnected || root.keep ? plotly.react(root.target, figure.data, figure.layout, { displayModeBar: false, responsive: false, displaylogo: false }) : null)
    .catch(() => { root.target.textContent = "The plotting library did not load; reload the page to try again."; });
};

export function plot(root, p) {
  root.panel = p;
  if (!root.target) {
    if (p.label || p.note) {
      root.line = document.createElement("p"); root.line.className = "panel-cap"; root.line.append(document.createElement("b"), document.createElement("span")); root.append(root.line);
    }
    root.target = document.createElement("div"); root.target.className = "plot"; root.append(root.target);
    root.watch = new ResizeObserver(() => { const width = Math.floor(root.target.clientWidth); if (width && width !== root.width) root.drawn = draw(root); });
    root.watch.observe(root.target);
    root.__dispose = () => { root.watch.disconnect(); globalThis.Plotly?.purge(root.target); };
  }
  if (root.line) { root.line.firstChild.textContent = p.label; root.line.lastChild.textContent = p.note; }
  root.target.style.minHeight = `${p.height}rem`;
  root.drawn = draw(root);
}
