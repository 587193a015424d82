// A light chart in SVG: drawn anew in a millisecond, so it follows a drag. Colours are CSS variables, so a change of theme costs nothing.
import { caption, tidy, tickValues } from "./panels.js";

const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
const sizes = new ResizeObserver((entries) => { for (const { target } of entries) if (target.clientWidth && target.__drawn !== target.clientWidth) draw(target); });
const escape = (text) => text.replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c]);

let pen;
function widest(texts, px, weight = 400) {
  pen ??= document.createElement("canvas").getContext("2d");
  pen.font = `${weight} ${px}px "Deck Sans", system-ui, sans-serif`;
  return Math.max(0, ...texts.map((t) => pen.measureText(t).width));
}

const namesOf = (axis) => (axis.names.length ? axis.names : tickValues(axis).map((v) => [v, tidy(v)]));

// Every tick says its value where there is room, else every second one, or third: as many as do not meet.
function apart(ticks, x, px) {
  const spans = ticks.map(([v, t]) => { const half = widest([t], px) / 2; return { from: x(v) - half, to: x(v) + half }; });
  const order = [...ticks.keys()].sort((i, j) => x(ticks[i][0]) - x(ticks[j][0]));
  for (let every = 1; ; every++) {
    const shown = order.filter((_, at) => at % every === 0);
    if (shown.every((i, at) => !at || spans[i].from - spans[shown[at - 1]].to > 0.25 * px)) return shown.map((i) => ticks[i]);
  }
}

// Words that begin in the right half take the room they need: the axis ends earlier.
function rightEnd(p, left, width, px, small) {
  const ends = p.marks.filter((m) => m.mark === "label" && m.anchor === "start").map((m) => [(m.x - p.x.low) / (p.x.high - p.x.low), widest([m.text], small, 600)]);
  const needed = ends.filter(([share]) => share > 0.5).map(([share, words]) => left + (width - words - left) / share);
  return Math.max(Math.min(width - 0.6 * px, ...needed), left + 0.5 * (width - left));
}

function path(mark, x, y, close) {
  let d = "", down = false;
  mark.x.forEach((v, i) => {
    if (v === null || mark.y[i] === null) { if (close && down) d += "Z"; down = false; return; }
    d += `${down ? "L" : "M"}${x(v).toFixed(1)} ${y(mark.y[i]).toFixed(1)}`; down = true;
  });
  return close && down ? `${d}Z` : d;
}

function draw(holder) {
  const p = holder.__panel, px = rem(), grow = px / 18, width = holder.clientWidth, height = p.height * px, small = 0.86 * px;
  holder.__drawn = width;
  if (!width) return; // ResizeObserver draws it when it has come to the page
  const names = p.y.shown || p.y.names.length ? namesOf(p.y) : [];
  const left = 0.35 * px + (names.length ? widest(names.map(([, t]) => t), small) + 0.55 * px : 0) + (p.y.title ? 1.35 * px : 0);
  const right = rightEnd(p, left, width, px, small), top = 0.4 * px, bottom = height - (p.x.shown ? 1.5 * px : 0.2 * px) - (p.x.title ? 1.35 * px : 0);
  const scale = ({ low, high }, from, to) => (v) => from + ((v - low) / (high - low)) * (to - from);
  const split = p.upper ? bottom - 0.5 * (bottom - top) : top;
  const x = scale(p.x, left, right), y = { y: scale(p.y, bottom, split), upper: p.upper && scale(p.upper, split - 0.04 * (bottom - top), top) };
  const shapes = p.marks.map((m) => {
    if (m.mark === "shade") return `<rect x="${x(m.low)}" y="${top}" width="${x(m.high) - x(m.low)}" height="${bottom - top}" fill="var(--sunken)"/>`;
    const up = y[m.of];
    if (m.mark === "label") return `<text x="${x(m.x)}" y="${up(m.y) + 0.32 * small}" font-size="${small}" fill="var(--${m.colour})" text-anchor="${m.anchor}" font-weight="600" stroke="var(--paper)" stroke-width="${0.22 * px}" stroke-linejoin="round" paint-order="stroke">${escape(m.text)}</text>`;
    if (m.mark === "line") return `<path d="${path(m, x, up)}" fill="none" stroke="var(--${m.colour})" stroke-width="${m.width * grow}" stroke-linejoin="round"/>`;
    if (m.mark === "area") return `<path d="${path(m, x, up, true)}" fill="${m.fill ? `var(--${m.fill})` : "none"}" stroke="${m.edge ? `var(--${m.edge})` : "none"}" stroke-width="${grow}"/>`;
    return m.x.map((v, i) => `<circle cx="${x(v)}" cy="${up(m.y[i])}" r="${(m.size * grow) / 2}" fill="var(--${m.colour})"/>`).join("");
  });
  const tick = 0.28 * px, text = (t, at, up, more = "") => `<text x="${at}" y="${up}" font-size="${small}" fill="var(--muted)" ${more}>${escape(t)}</text>`;
  const axes = [];
  if (p.x.shown) {
    const ticks = namesOf(p.x);
    axes.push(`<path d="M${left} ${bottom}H${right}${ticks.map(([v]) => `M${x(v)} ${bottom}v${tick}`).join("")}" stroke="var(--edge)" fill="none"/>`, ...apart(ticks, x, small).map(([v, t]) => text(t, x(v), bottom + tick + 0.95 * px, 'text-anchor="middle"')));
  }
  if (p.x.title) axes.push(text(p.x.title, (left + right) / 2, height - 0.35 * px, 'text-anchor="middle"'));
  if (p.y.shown) axes.push(`<path d="M${left} ${bottom}V${split}${names.map(([v]) => `M${left} ${y.y(v)}h${-tick}`).join("")}" stroke="var(--edge)" fill="none"/>`);
  axes.push(...names.map(([v, t]) => text(t, left - tick - 0.2 * px, y.y(v) + 0.32 * small, 'text-anchor="end"')));
  if (p.y.title) axes.push(text(p.y.title, 0, 0, `text-anchor="middle" transform="translate(${0.95 * px} ${(bottom + split) / 2}) rotate(-90)"`));
  holder.innerHTML = `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" aria-hidden="true">${shapes.join("")}${axes.join("")}</svg>`;
}

export function chart(root, p) {
  caption(root, p);
  if (!root.holder) {
    root.holder = document.createElement("div"); root.holder.className = "chart"; root.append(root.holder);
    sizes.observe(root.holder);
    root.__dispose = () => sizes.unobserve(root.holder);
  }
  root.holder.__panel = p;
  root.holder.style.height = `${p.height}rem`;
  draw(root.holder);
}
