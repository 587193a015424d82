// A block of cells to paint: samples below each other, channels side by side. Cells and check boxes are two hands on one set.
import { block } from "./block.js";
import { make } from "./make.js";

const AXES = ["N", "C", "H", "W"], ONE = ["sample", "channel", "row", "column"];
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const MARK = { hit: "painted, and right", missed: "right, not painted", stray: "painted, not right" };
const NEAR = 4; // pixels between the points of a stroke that are looked at: less than a cell
const count = (n) => `${n} cell${n === 1 ? "" : "s"}`;

const places = ([N, C, H, W]) => Array.from({ length: N * C * H * W }, (_, i) => [Math.floor(i / (C * H * W)), Math.floor(i / (H * W)) % C, Math.floor(i / W) % H, i % W]);
const flat = ([, C, H, W], [n, c, h, w]) => ((n * C + c) * H + h) * W + w;

// The cells that differ from the marked one along these axes only.
const boxOf = (view, axes) => new Set(view.places.flatMap((at, i) => (at.every((v, axis) => axes.includes(axis) || v === view.cell[axis]) ? [i] : [])));

// Is the set, wherever it is, whole along an axis?
const isWhole = (view, axis) => view.painted.size > 0 && [...view.painted].every((i) => Array.from({ length: view.shape[axis] }, (_, v) => view.painted.has(flat(view.shape, view.places[i].with(axis, v)))).every(Boolean));
const leaves = (view, axis) => [...view.painted].some((i) => view.places[i][axis] !== view.cell[axis]);

export function painting(root, question, { answer, typed }) {
  const open = question.given === null, shape = question.shape, name = JSON.stringify([shape, question.cell]);
  root.className = "answers painting";
  if (root.__of !== name) build(root, question, name);
  const view = root.__view;
  view.painted = new Set(open ? typed.get() ?? [] : question.given);
  view.right = question.cells && new Set(question.cells);
  view.open = open;
  view.keep = () => typed.set([...view.painted]);
  view.send.onclick = () => answer([...view.painted].sort((a, b) => a - b));
  show(root);
}

function build(root, question, name) {
  const { shape } = question, cell = question.cell.map((v) => v - 1);
  root.__of = name;
  const view = (root.__view = { shape, cell, places: places(shape), painted: new Set(), at: flat(shape, cell), id: question.id });
  view.boxes = AXES.map((axis, i) => (shape[i] > 1 ? axisBox(root, axis, i) : null));
  const axes = make("fieldset", "axes"), grid = gridOf(root), below = make("div", "below-grid");
  axes.append(make("legend", "", "Runs over"), ...view.boxes.filter(Boolean).map((input) => input.parentElement));
  view.says = make("p", "says"); view.says.setAttribute("role", "status");
  view.clear = Object.assign(make("button", "plain", "Clear"), { type: "button" });
  view.clear.onclick = () => paint(root, new Set());
  view.send = Object.assign(make("button", "send"), { type: "button" });
  view.legend = make("ul", "legend");
  view.block = make("div", "panel block-panel");
  below.append(view.send, view.clear, view.says);
  root.replaceChildren(axes, grid, view.legend, below, view.block);
}

function axisBox(root, axis, i) {
  const label = make("label"), input = Object.assign(make("input"), { type: "checkbox", name: axis }), view = root.__view;
  label.append(input, make("b", "", axis), " ", make("span", "", `${ONE[i]}s`));
  input.onchange = () => paint(root, boxOf(view, AXES.flatMap((_, j) => (view.boxes[j] && (j === i ? input.checked : view.boxes[j].checked) ? [j] : []))));
  return input;
}

function gridOf(root) {
  const { shape: [N, C, H, W], places: all, cell } = root.__view, grid = make("div", "cells");
  grid.setAttribute("role", "grid"); grid.setAttribute("aria-multiselectable", "true");
  grid.setAttribute("aria-label", "Cells of the block; the arrow keys move, the space bar paints, Shift with an arrow key paints along");
  grid.style.gridTemplateColumns = `var(--names)${` var(--apart) repeat(${W}, minmax(0, 1fr))`.repeat(C)}`;
  grid.style.setProperty("--columns", C * W);
  grid.classList.toggle("thin", W === 1);
  const top = make("div", "row-of"); top.setAttribute("role", "row"); top.append(corner());
  for (let c = 0; c < C; c++) {
    const head = make("span", "head-of", W > 2 ? `channel ${c + 1}` : `C${c + 1}`);
    head.setAttribute("role", "columnheader"); head.setAttribute("aria-colspan", W); head.setAttribute("aria-label", `channel ${c + 1}`);
    head.style.gridArea = `1 / ${3 + c * (W + 1)} / auto / span ${W}`;
    top.append(head);
  }
  grid.append(top);
  root.__view.cells = [];
  for (let n = 0; n < N; n++) for (let h = 0; h < H; h++) {
    const row = make("div", "row-of"), line = 3 + n * (H + 1) + h;
    row.setAttribute("role", "row");
    if (!h) row.append(rowHead(n, line, H));
    for (let c = 0; c < C; c++) for (let w = 0; w < W; w++) {
      const i = flat(root.__view.shape, [n, c, h, w]), e = make("div", all[i].every((v, axis) => v === cell[axis]) ? "cell marked" : "cell");
      e.setAttribute("role", "gridcell"); e.dataset.at = i; e.style.gridArea = `${line} / ${3 + c * (W + 1) + w}`;
      root.__view.cells[i] = e; row.append(e);
    }
    grid.append(row);
  }
  grid.style.gridTemplateRows = `auto${` minmax(var(--apart), auto) repeat(${H}, auto)`.repeat(N)}`;
  root.__view.grid = grid;
  listenToStrokes(root, grid); listenToKeys(root, grid);
  return grid;
}

function corner() {
  const e = make("span", "sr-only", "sample");
  e.setAttribute("role", "columnheader");
  return e;
}

function rowHead(n, line, H) {
  const e = make("span", "head-of", `sample ${n + 1}`);
  e.setAttribute("role", "rowheader");
  for (const [name, value] of Object.entries({ above: line - 1, first: line, rows: H })) e.style.setProperty(`--${name}`, value);
  return e;
}

function paint(root, painted) {
  const view = root.__view;
  if (!view.open) return;
  view.painted = painted;
  view.keep(); show(root);
}

const set = (root, cells, on) => {
  const painted = new Set(root.__view.painted);
  for (const i of cells) if (on) painted.add(i); else painted.delete(i);
  paint(root, painted);
};

function listenToStrokes(root, grid) {
  let stroke = null; // {on, x, y}: what is painted, and where the hand was last
  const under = (x, y) => { const e = document.elementFromPoint(x, y)?.closest(".cell"); return e && grid.contains(e) ? [+e.dataset.at] : []; };
  const end = () => { stroke = null; };
  grid.addEventListener("touchstart", (e) => e.stopPropagation(), { passive: true }); // a stroke does not turn the slide
  grid.addEventListener("pointerdown", (e) => {
    const [i] = under(e.clientX, e.clientY);
    if (i === undefined || e.button || !root.__view.open) return;
    stroke = { on: !root.__view.painted.has(i), x: e.clientX, y: e.clientY };
    grid.setPointerCapture(e.pointerId); e.preventDefault();
    go(root, i); set(root, [i], stroke.on);
  });
  grid.addEventListener("pointermove", (e) => {
    if (!stroke) return;
    const n = Math.ceil(Math.hypot(e.clientX - stroke.x, e.clientY - stroke.y) / NEAR) || 1; // a fast hand leaves some out
    set(root, Array.from({ length: n }, (_, j) => under(stroke.x + ((j + 1) / n) * (e.clientX - stroke.x), stroke.y + ((j + 1) / n) * (e.clientY - stroke.y))).flat(), stroke.on);
    Object.assign(stroke, { x: e.clientX, y: e.clientY });
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) grid.addEventListener(name, end);
}

// One cell is in the order of the tab key; the arrow keys go on from there.
function go(root, i) {
  const view = root.__view;
  view.cells[view.at].tabIndex = -1; view.at = i; view.cells[i].tabIndex = 0;
  view.cells[i].focus({ preventScroll: true });
}

function listenToKeys(root, grid) {
  grid.addEventListener("keydown", (e) => {
    const view = root.__view, [, C, H, W] = view.shape, [n, c, h, w] = view.places[view.at], way = ARROWS[e.key];
    if (e.altKey || e.ctrlKey || e.metaKey || !(way || [" ", "Enter", "Home", "End"].includes(e.key))) return;
    e.preventDefault(); e.stopPropagation();
    if (e.key === " " || e.key === "Enter") { set(root, [view.at], !view.painted.has(view.at)); return; }
    const last = [view.shape[0] * H - 1, C * W - 1], to = e.key === "Home" ? [n * H + h, 0] : e.key === "End" ? [n * H + h, last[1]] : [n * H + h + way[0], c * W + w + way[1]];
    const [y, x] = to.map((v, axis) => Math.max(0, Math.min(last[axis], v))), next = flat(view.shape, [Math.floor(y / H), Math.floor(x / W), y % H, x % W]), on = view.painted.has(view.at);
    go(root, next);
    if (e.shiftKey && way) set(root, [next], on);
  });
}

function show(root) {
  const view = root.__view, { painted, right, open } = view;
  const states = view.cells.map((_, i) => (!right ? (painted.has(i) ? "on" : "") : right.has(i) ? (painted.has(i) ? "hit" : "missed") : painted.has(i) ? "stray" : ""));
  view.cells.forEach((e, i) => {
    const marked = e.classList.contains("marked"), place = view.places[i].map((v, axis) => `${ONE[axis]} ${v + 1}`).join(", ");
    e.className = `cell${marked ? " marked" : ""}${states[i] ? ` ${states[i]}` : ""}`;
    e.tabIndex = i === view.at ? 0 : -1;
    e.setAttribute("aria-selected", String(painted.has(i)));
    e.setAttribute("aria-label", `${place}${marked ? ", the marked cell" : ""}${MARK[states[i]] ? `: ${MARK[states[i]]}` : ""}`);
  });
  if (open) view.grid.removeAttribute("aria-readonly"); else view.grid.setAttribute("aria-readonly", "true");
  view.grid.classList.toggle("shut", !open);
  view.boxes.forEach((input, axis) => {
    if (!input) return;
    input.checked = isWhole(view, axis); input.indeterminate = !input.checked && leaves(view, axis); input.disabled = !open;
  });
  view.send.hidden = view.clear.hidden = !open;
  view.send.disabled = view.clear.disabled = !painted.size;
  view.send.textContent = painted.size ? `Answer with ${count(painted.size)}` : "Paint first";
  view.says.textContent = open ? `${painted.size} of ${view.cells.length} painted` : "";
  legend(view, states);
  drawBlock(view, right ?? painted);
}

function legend(view, states) {
  view.legend.hidden = !view.right;
  if (!view.right) return;
  view.legend.replaceChildren(...Object.entries(MARK).map(([state, says]) => {
    const item = make("li"), swatch = make("i", `cell ${state}`), n = states.filter((s) => s === state).length;
    swatch.setAttribute("aria-hidden", "true");
    item.append(swatch, make("span", "", `${says}: ${n}`));
    return item;
  }));
}

function drawBlock(view, shown) {
  const [N, C, H, W] = view.shape, [n, c, h, w] = view.cell, bytes = new Uint8Array(N * C * H * W);
  view.places.forEach(([m, k, i, j], at) => { bytes[((i * W + j) * C + k) * N + m] = shown.has(at) ? 1 : 0; });
  block(view.block, { cells: { at: 0, shape: [H, W, C, N] }, chosen: [h, w, c, n], axes: ["H", "W", "C"], turn: 26, tilt: 22, gap: 0, height: 7, label: view.right ? "the right cells, in the block" : "the same cells, in the block", note: "drag to turn" }, bytes);
}
