// One painter a kind of panel. A painter fills its element once and repaints in place afterwards: nothing jumps, nothing flickers.
import { lookup } from "./colour.js";
import { block } from "./block.js";
import { chart } from "./chart.js";
import { plot } from "./plot.js";
import { arithmetic } from "./arithmetic.js";
import { graph } from "./graph.js";
import { pointable } from "./pointing.js";

const make = (tag, cls = "", text = "") => {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  if (text) e.textContent = text;
  return e;
};
const put = (e, text) => { if (e.textContent !== text) e.textContent = text; };
export const tidy = (v) => String(+v.toPrecision(3)).replace("-", "−");

// "x_hat" style marks are not used; a caption may hold <i>…</i> only, made here from *…*.
function rich(e, text) {
  if (e.__text === text) return;
  e.__text = text;
  e.replaceChildren(...text.split(/(\*[^*]+\*)/).map((part) => part.startsWith("*") && part.length > 2 ? make("i", "", part.slice(1, -1)) : part));
}

export function caption(root, p) {
  if (!p.label && !p.note) return;
  root.cap ??= (() => {
    const line = make("p", "panel-cap"), label = make("b"), note = make("span");
    line.append(label, note); root.prepend(line);
    return { label, note };
  })();
  rich(root.cap.label, p.label); rich(root.cap.note, p.note);
  root.cap.label.className = p.term ? `term ${p.term}` : "";
}

export function raster(canvas, bytes, at, rows, columns, lut) {
  if (canvas.width !== columns || canvas.height !== rows) { canvas.width = columns; canvas.height = rows; }
  const context = canvas.getContext("2d"), image = context.createImageData(columns, rows), pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < pixels.length; i++) pixels[i] = lut[bytes[at + i]];
  context.putImageData(image, 0, 0);
}

function map(root, p, bytes) {
  const [rows, columns] = p.cells.shape;
  caption(root, p);
  if (!root.canvas) {
    root.holder = make("div", "map"); root.canvas = make("canvas"); root.holder.append(root.canvas); root.append(root.holder);
    root.canvas.setAttribute("aria-hidden", "true");
  }
  root.canvas.style.aspectRatio = `${columns} / ${rows}`;
  raster(root.canvas, bytes, p.cells.at, rows, columns, lookup(root, p.scale.kind));
  root.__plane = { plane: p.plane, shape: p.cells.shape, holder: root.holder };
  pointable(root.holder, p);
  root.__lit?.forEach((e) => e.remove()); // the formula lights them up anew
  while (root.holder.childElementCount > 1 + p.boxes.length) root.holder.lastChild.remove();
  while (root.holder.childElementCount < 1 + p.boxes.length) root.holder.append(make("i"));
  p.boxes.forEach((b, i) => {
    const e = root.holder.children[i + 1];
    e.className = `box ${b.kind}`;
    e.style.cssText = `left:${(100 * b.column) / columns}%;top:${(100 * b.row) / rows}%;width:${(100 * b.columns) / columns}%;height:${(100 * b.rows) / rows}%`;
  });
}

export function tickValues(scale) {
  const span = scale.high - scale.low, raw = span / 4, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999), found = [];
  for (let v = Math.ceil(scale.low / step - 1e-9) * step; v <= scale.high + 1e-9; v += step) found.push(Math.abs(v) < 1e-12 ? 0 : v);
  return found;
}

const share = (scale, v) => (100 * (v - scale.low)) / (scale.high - scale.low);
const stops = (kind) => Array.from({ length: kind === "diverging" ? 9 : 5 }, (_, i) => `var(--${kind}-${i})`).join(",");

function axis(root, scale) {
  const key = JSON.stringify(scale);
  if (root.axisKey === key) return;
  root.axisKey = key;
  root.axis?.remove();
  root.axis = make("div", "axis");
  const bar = make("div", "bar");
  bar.style.background = `linear-gradient(90deg,${stops(scale.kind)})`;
  const labels = make("div", "ticks");
  for (const v of tickValues(scale)) {
    const t = make("span", "", tidy(v)); t.style.left = `${share(scale, v)}%`; labels.append(t);
  }
  root.axis.append(bar, labels, make("p", "", scale.label));
  root.append(root.axis);
}

// The colours of the bars are those of the axis: they stay while a control moves.
function colourBars(root, kind, n) {
  root.coloured = `${kind} ${n}`;
  const last = (kind === "diverging" ? 9 : 5) - 1;
  [...root.bars.children].forEach((bar, i) => {
    const at = ((i + 0.5) / n) * last, low = Math.min(last - 1, Math.floor(at));
    bar.style.background = `color-mix(in srgb, var(--${kind}-${low + 1}) ${Math.round(100 * (at - low))}%, var(--${kind}-${low}))`;
  });
}

function histogram(root, p) {
  caption(root, p);
  const n = p.shares.length;
  if (!root.bars || root.bars.childElementCount !== n) {
    root.bars?.remove();
    root.bars = make("div", "bars");
    for (let i = 0; i < n; i++) root.bars.append(make("i"));
    root.append(root.bars);
    root.axisKey = root.coloured = null;
  }
  axis(root, p.scale);
  if (root.coloured !== `${p.scale.kind} ${n}`) colourBars(root, p.scale.kind, n);
  p.shares.forEach((s, i) => {
    const bar = root.bars.children[i], none = s > 0 ? "" : "none";
    bar.style.transform = `scaleY(${Math.min(1, s / p.top)})`;
    if (bar.className !== none) bar.className = none;
  });
}

const ramp = (root, p) => axis(root, p.scale);

function strip(root, p, bytes) {
  caption(root, p);
  const [n, rows, columns] = p.cells.shape, lut = lookup(root, p.scale.kind);
  if (!root.list || root.list.childElementCount !== n) {
    root.list?.remove();
    root.list = make("div", "strip");
    for (let i = 0; i < n; i++) { const cell = make("div"); cell.append(make("canvas"), make("span")); root.list.append(cell); }
    root.append(root.list);
    // The keyboard has the control itself.
    root.list.onclick = (e) => { const at = [...root.list.children].indexOf(e.target.closest(".strip > div")); if (root.asks && at >= 0) root.dispatchEvent(new CustomEvent("choose", { bubbles: true, detail: { [root.asks]: at + 1 } })); };
  }
  root.asks = p.asks; root.list.classList.toggle("asks", !!p.asks);
  [...root.list.children].forEach((cell, i) => {
    const inside = i >= p.window[0] && i <= p.window[1];
    cell.className = i === p.chosen ? `chosen${inside ? " in" : ""}` : inside ? "in" : "";
    raster(cell.firstChild, bytes, p.cells.at + i * rows * columns, rows, columns, lut);
    put(cell.lastChild, i === p.chosen ? `${p.symbol} = ${i + 1}` : String(i + 1));
  });
}

function stack(root, p, bytes) {
  const lut = lookup(root, p.scale.kind);
  root.rows ??= [];
  if (!root.list) { root.list = make("div", "stack"); root.append(root.list); }
  while (root.list.childElementCount > p.rows.length) { root.list.lastChild.remove(); root.rows.pop(); }
  p.rows.forEach((r, i) => {
    const row = (root.rows[i] ??= (() => {
      const e = make("div"), sign = make("span", "sign"), text = make("span", "text"), name = make("b"), remark = make("small"), canvas = make("canvas"), numbers = make("span", "numbers");
      text.append(name, remark); e.append(sign, text, canvas, numbers); root.list.append(e);
      return { e, sign, name, remark, canvas, numbers };
    })());
    row.e.className = r.sign === "=" ? "row sum" : "row";
    put(row.sign, r.sign); rich(row.name, r.name); rich(row.remark, r.remark); put(row.numbers, r.numbers);
    row.name.className = r.term ? `term ${r.term}` : "";
    raster(row.canvas, bytes, r.values.at, r.values.shape[0], r.values.shape[1], lut);
  });
  axis(root, p.scale);
}

function facts(root, p) {
  root.list ??= root.appendChild(make("dl", "facts"));
  while (root.list.childElementCount > 2 * p.items.length) root.list.lastChild.remove();
  p.items.forEach(([number, words], i) => {
    if (!root.list.children[2 * i]) root.list.append(make("dt"), make("dd"));
    rich(root.list.children[2 * i], number); rich(root.list.children[2 * i + 1], words);
  });
}

function table(root, p) {
  caption(root, p);
  const key = JSON.stringify([p.groups, p.columns, p.rows, p.strong]), cells = p.rows.flat();
  const shape = cells.every((c) => typeof c === "string") && JSON.stringify([p.groups, p.columns, p.rows.map((r) => r.length), p.strong]);
  if (root.key !== key && shape && root.shape === shape) { // other numbers in the same table
    root.key = key;
    root.table.querySelectorAll("tbody :is(th,td)").forEach((e, i) => rich(e, cells[i]));
  } else if (root.key !== key) {
    root.key = key; root.shape = shape;
    root.table ??= root.appendChild(make("div", "table")); // it stays, and with it how far a reader has scrolled
    root.table.tabIndex = 0; root.table.setAttribute("role", "region");
    root.table.replaceChildren(filled(p));
  }
  if (p.above && !root.above) root.table.before((root.above = make("p", "above")));
  if (root.above) { rich(root.above, p.above); root.above.hidden = !p.above; }
  root.table.setAttribute("aria-label", p.label || "Table");
  const [row, column] = p.chosen ?? [];
  root.table.querySelectorAll("tbody tr").forEach((r, i) => [...r.children].forEach((c, j) => c.classList.toggle("chosen", i === row && j === column)));
}

function filled({ groups, columns, rows, strong }) {
  const t = make("table"), above = make("tr"), head = make("tr"), body = make("tbody"), top = make("thead");
  groups.forEach(([name, span]) => { const th = make(name ? "th" : "td", "", name); th.colSpan = span; if (name) th.scope = "colgroup"; above.append(th); });
  columns.forEach((c) => { const th = make("th"); th.scope = "col"; rich(th, c); head.append(th); });
  rows.forEach((cells, i) => {
    const row = make("tr", strong.includes(i) ? "strong" : "");
    cells.forEach((c, j) => { const e = make(j ? "td" : "th"); if (!j) e.scope = "row"; fillCell(e, c); row.append(e); });
    body.append(row);
  });
  if (groups.length) top.append(above);
  top.append(head); t.append(top, body);
  return t;
}

function fillCell(e, c) {
  if (typeof c === "string") { rich(e, c); return; }
  e.className = c.kind;
  const chooses = Object.keys(c.sets).length, text = chooses ? make("button") : make("span");
  rich(text, c.text);
  if (c.title) { text.title = c.title; text.setAttribute("aria-label", c.title); }
  if (c.title && !chooses) text.setAttribute("role", "img");
  if (chooses) { // the keyboard has the controls: so many stops would bar its way
    text.type = "button"; text.tabIndex = -1;
    text.addEventListener("click", () => text.dispatchEvent(new CustomEvent("choose", { bubbles: true, detail: c.sets })));
  }
  e.append(text);
}

function note(root, p) {
  root.mark ??= root.appendChild(make("b", "mark"));
  root.text ??= root.appendChild(make("span"));
  put(root.mark, p.mark); root.mark.hidden = !p.mark; root.mark.dataset.mark = p.mark;
  rich(root.text, p.text);
}

const PAINTERS = { map, histogram, ramp, strip, stack, block, chart, plot, facts, table, note, arithmetic, graph };

// Repaint a picture: panels of the same kind at the same place are kept, so a drag only changes pixels and numbers.
export function paint(root, header, bytes) {
  header.panels.forEach((p, i) => {
    let e = root.children[i];
    if (!e || e.dataset.kind !== p.kind) {
      const fresh = make("div", `panel ${p.kind}-panel`);
      fresh.dataset.kind = p.kind;
      if (e) { e.__dispose?.(); e.replaceWith(fresh); } else root.append(fresh);
      e = fresh;
    }
    e.style.setProperty("--span", p.span); e.dataset.span = p.span;
    PAINTERS[p.kind](e, p, bytes);
  });
  while (root.childElementCount > header.panels.length) { root.lastChild.__dispose?.(); root.lastChild.remove(); }
}
