// Cells of a map under the pointer or the arrow keys: one that the picture is to speak of, or squares to paint a gradient in.
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const FAR = 8; // cells that an arrow key goes with Shift
const BRUSH = 8; // squares each way: classroom/explorer/scene.py

const say = (holder, name, detail) => holder.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
const set = (holder, values, released) => say(holder, "set", { values, released });
const inside = (at, n) => Math.min(n - 1, Math.max(0, at));
const settings = (holder) => holder.closest(".stage").__shows?.held; // not those of a cell that is only pointed at

function cellAt(holder, event) {
  const [rows, columns] = holder.__panel.cells.shape, box = holder.firstChild.getBoundingClientRect();
  return [inside(Math.floor(((event.clientY - box.top) / box.height) * rows), rows), inside(Math.floor(((event.clientX - box.left) / box.width) * columns), columns)];
}

const values = ({ asks }, [row, column]) => ({ [asks[0]]: row + 1, [asks[1]]: column + 1 });

// Squares of a gradient, as the address holds them: 64 bits for +1, 64 for -1, in hexadecimal digits.
const bitsOf = (paint) => [...(paint || "0".repeat(32))].flatMap((d) => [8, 4, 2, 1].map((b) => (parseInt(d, 16) & b ? 1 : 0)));
const paintOf = (bits) => Array.from({ length: 32 }, (_, i) => parseInt(bits.slice(4 * i, 4 * i + 4).join(""), 2).toString(16)).join("");
const NEXT = { 0: 1, 1: -1, [-1]: 0 };
const squareOf = ({ cells: { shape: [rows, columns] } }, [row, column]) => Math.floor((row * BRUSH) / rows) * BRUSH + Math.floor((column * BRUSH) / columns);

// What a stroke paints that begins in a cell: what follows what is there.
function brushAt(holder, cell) {
  const bits = bitsOf(settings(holder)[holder.__panel.paints]), at = squareOf(holder.__panel, cell);
  return NEXT[bits[at] - bits[64 + at]];
}

function paint(holder, cells, value) {
  const { paints } = holder.__panel, bits = bitsOf(settings(holder)[paints]);
  for (const cell of cells) {
    const at = squareOf(holder.__panel, cell);
    bits[at] = value > 0 ? 1 : 0; bits[64 + at] = value < 0 ? 1 : 0;
  }
  set(holder, { [paints]: paintOf(bits) }, false);
}

// The cells from one to another: a fast hand leaves some out.
function line([row, column], [toRow, toColumn]) {
  const n = Math.max(1, Math.abs(toRow - row), Math.abs(toColumn - column));
  return Array.from({ length: n + 1 }, (_, i) => [Math.round(row + (i / n) * (toRow - row)), Math.round(column + (i / n) * (toColumn - column))]);
}

function listenToStrokes(holder) {
  let stroke = null; // {value, cell}: what is painted, and where the hand was last
  const end = () => { if (stroke) { stroke = null; set(holder, {}, true); } };
  holder.addEventListener("pointerdown", (e) => {
    if (!holder.__panel.paints || e.button) return;
    const cell = cellAt(holder, e);
    stroke = { value: brushAt(holder, cell), cell };
    holder.setPointerCapture(e.pointerId); holder.focus({ preventScroll: true }); e.preventDefault();
    paint(holder, [cell], stroke.value);
  });
  holder.addEventListener("pointermove", (e) => {
    if (!stroke) return;
    const cell = cellAt(holder, e), cells = line(stroke.cell, cell);
    stroke.cell = cell;
    paint(holder, cells, stroke.value);
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) holder.addEventListener(name, end);
}

function listenToPointer(holder) {
  holder.addEventListener("pointermove", (e) => {
    const p = holder.__panel, cell = cellAt(holder, e);
    say(holder, "cell", { plane: p.plane, cell });
    if (p.follows && e.pointerType === "mouse") say(holder, "peek", values(p, cell));
  });
  holder.addEventListener("pointerleave", () => { say(holder, "cell", null); if (holder.__panel.follows) say(holder, "peek", null); });
  holder.addEventListener("click", (e) => { const p = holder.__panel; if (p.asks && !p.paints) set(holder, values(p, cellAt(holder, e)), true); });
}

function listenToKeys(holder) {
  let down = false;
  const end = () => { if (down) { down = false; set(holder, {}, true); } };
  holder.addEventListener("keydown", (e) => {
    const p = holder.__panel, way = ARROWS[e.key], state = settings(holder), paints = p.paints && e.key === " ";
    if (!state || !p.asks || !(way || paints) || e.altKey || e.ctrlKey || e.metaKey) return;
    e.preventDefault(); e.stopPropagation();
    down = true;
    const [rows, columns] = p.cells.shape, at = [inside(state[p.asks[0]] - 1, rows), inside(state[p.asks[1]] - 1, columns)];
    if (paints) return paint(holder, [at], brushAt(holder, at));
    const by = e.shiftKey ? FAR : 1, cell = [inside(at[0] + by * way[0], rows), inside(at[1] + by * way[1], columns)];
    set(holder, values(p, cell), false);
    say(holder, "cell", { plane: p.plane, cell });
  });
  holder.addEventListener("keyup", end);
  holder.addEventListener("blur", () => { end(); say(holder, "cell", null); });
}

// Say where the keys are and what is there, to whom it may be out of sight.
function tell(holder, p) {
  const cell = p.boxes.find((box) => box.kind === "cell");
  if (cell && holder.matches(":focus")) holder.__says.textContent = `row ${cell.row + 1}, column ${cell.column + 1}: ${p.note.replaceAll("*", "")}`;
}

function begin(holder) {
  holder.__says = Object.assign(document.createElement("p"), { className: "sr-only" });
  holder.__says.setAttribute("role", "status");
  holder.after(holder.__says);
  listenToStrokes(holder); listenToPointer(holder); listenToKeys(holder);
}

// The arrow keys go to the cells, so a map that has them is an application.
const ways = (p) => (p.paints ? "the arrow keys move, the space bar paints" : "the arrow keys choose a cell");
const traits = (p) => ({ role: "application", tabindex: "0", "aria-roledescription": "map of cells", "aria-label": `${p.label.replaceAll("*", "")}: ${ways(p)}` });

// Let the holder of a map be pointed at, if its panel asks for it.
export function pointable(holder, p) {
  holder.__panel = p;
  if (p.term) holder.parentElement.dataset.part = p.term; else delete holder.parentElement.dataset.part; // of a sum that stands in a row
  holder.classList.toggle("pointable", !!p.asks); holder.classList.toggle("paints", !!p.paints);
  for (const [name, value] of Object.entries(traits(p))) { if (p.asks) holder.setAttribute(name, value); else holder.removeAttribute(name); }
  if (p.asks && !holder.__says) begin(holder);
  if (p.asks) tell(holder, p);
}
