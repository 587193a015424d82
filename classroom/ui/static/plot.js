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
const FAMILY = '"Deck Sans", system-ui, sans-serif';
const LEADING = 1.3; // Plotly's own, for lines of one label

function template(px) {
  const text = (size, colour) => ({ family: FAMILY, size: Math.round(size), color: colour });
  const axis = {
    showgrid: false, zeroline: false, showline: true, linecolor: "var(--edge)", linewidth: 1, ticks: "outside", ticklen: px * 0.28, tickwidth: 1, tickcolor: "var(--edge)",
    tickfont: text(px * 0.86, "var(--muted)"), title: { font: text(px * 0.9, "var(--muted)"), standoff: px * 0.45 }, automargin: true, fixedrange: true,
  };
  const axis3 = { showgrid: true, gridcolor: "var(--rule)", showbackground: false, color: "var(--muted)", zeroline: false };
  return {
    layout: {
      font: text(px * 0.95, "var(--ink)"), paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", colorway: ["var(--accent)", "var(--term2)", "var(--term3)"],
      xaxis: axis, yaxis: axis, scene: { xaxis: axis3, yaxis: axis3, zaxis: axis3 }, showlegend: false, bargap: 0.2, hovermode: "closest", dragmode: false,
      hoverlabel: { bgcolor: "var(--raised)", bordercolor: "var(--edge)", font: text(px * 0.9, "var(--ink)") },
      annotationdefaults: { font: text(px * 0.9, "var(--ink)"), showarrow: false }, transition: { duration: 0 },
    },
  };
}

// Ticks and titles find their room by themselves; labels that stand outside the axes get theirs here.
let pen;
function widest(label, font) {
  pen ??= document.createElement("canvas").getContext("2d");
  pen.font = `${label.includes("<b>") ? 600 : 400} ${font.size}px ${FAMILY}`;
  return Math.max(...label.split("<br>").map((line) => pen.measureText(line.replace(/<[^>]+>/g, "")).width));
}

function margin(layout, px) {
  const room = { l: px * 0.5, r: px * 0.9, t: px * 0.5, b: px * 0.5, ...layout.margin };
  for (const a of layout.annotations ?? []) {
    const size = a.font.size, lines = a.text.split("<br>").length;
    if (a.name === "end" || (a.xref === "paper" && a.x >= 1 && a.xanchor === "left")) room.r = Math.max(room.r, widest(a.text, a.font) + (a.xshift ?? 0) + 4);
    if (a.xref === "paper" && a.x <= 0 && a.xanchor === "right") room.l = Math.max(room.l, widest(a.text, a.font) - (a.xshift ?? 0) + 4);
    if (a.yref === "paper" && a.y >= 1 && a.yanchor === "bottom") room.t = Math.max(room.t, lines * size * LEADING + (a.yshift ?? 0) + 4);
  }
  return room;
}

// Lines, marks and shifts are given for a root of 18 px, as on a 1440 px wide screen; they grow with the text.
function grow(figure, by) {
  const times = (holder, name) => { if (typeof holder?.[name] === "number") holder[name] *= by; };
  for (const t of figure.data) {
    for (const holder of [t.line, t.marker?.line, t.error_x, t.error_y]) times(holder, "width");
    for (const holder of [t.error_x, t.error_y]) times(holder, "thickness");
    times(t.marker, "size");
  }
  for (const s of figure.layout.shapes ?? []) times(s.line, "width");
  for (const a of figure.layout.annotations) { times(a, "xshift"); times(a, "yshift"); }
}

function draw(root) {
  const p = root.panel, px = rem(), theme = template(px), defaults = theme.layout.annotationdefaults.font;
  const figure = resolved(root, {
    data: p.figure.data,
    layout: {
      ...p.figure.layout, template: theme, height: Math.round(p.height * px), width: Math.floor(root.target.clientWidth),
      // Plotly fills an annotation's font from the layout and not from the template.
      annotations: (p.figure.layout.annotations ?? []).map((a) => ({ ...a, font: { ...defaults, ...a.font } })),
    },
  });
  grow(figure, px / 18);
  figure.layout.margin = margin(figure.layout, px);
  Object.assign(root, { theme: themeOf(root), width: figure.layout.width, px });
  const turn = (root.turn = (root.turn ?? 0) + 1);
  return loadPlotly().then((plotly) => {
    if (turn !== root.turn || root.gone) return null; // a newer picture is on its way, or none is wanted any more
    return plotly.react(root.target, figure.data, figure.layout, { displayModeBar: false, responsive: false, displaylogo: false, doubleClick: false });
  }).catch((error) => {
    console.error(error);
    root.failed = true;
    root.target.textContent = "The plot could not be drawn; reload the page to try again.";
  });
}

// A new theme, width or root size repaints what stands; nothing is asked of the server.
const live = new Set();
const stale = (root) => root.theme !== themeOf(root) || root.px !== rem() || root.width !== Math.floor(root.target.clientWidth);
let asked = 0;
function refresh() {
  cancelAnimationFrame(asked);
  asked = requestAnimationFrame(() => { for (const root of live) if (root.target.clientWidth && stale(root)) root.drawn = draw(root); });
}
const sizes = new ResizeObserver(refresh);
function watchTheme() {
  const app = document.querySelector('[data-testid="stApp"]') ?? document.body;
  new MutationObserver(refresh).observe(app, { attributes: true, attributeFilter: ["class", "style", "data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", refresh);
  document.fonts?.ready.then(refresh);
}
let watching = false;

export function plot(root, p) {
  root.panel = p;
  if (!root.target) {
    if (p.label || p.note) {
      root.line = document.createElement("p"); root.line.className = "panel-cap"; root.line.append(document.createElement("b"), document.createElement("span")); root.append(root.line);
    }
    root.target = document.createElement("div"); root.target.className = "plot"; root.append(root.target);
    root.target.setAttribute("aria-hidden", "true"); // the picture's words say it; nothing in here takes the keyboard
    live.add(root); sizes.observe(root.target);
    if (!watching) { watching = true; watchTheme(); }
    root.__dispose = () => { root.gone = true; live.delete(root); sizes.unobserve(root.target); globalThis.Plotly?.purge(root.target); };
  }
  if (root.line) { root.line.firstChild.textContent = p.label; root.line.lastChild.textContent = p.note; }
  root.target.style.height = `${p.height}rem`;
  root.drawn = draw(root);
}
