// Cells of a map under the pointer or the arrow keys: one that the picture is to speak of, or squares to paint a gradient in.
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const FAR = 8; // cells that an arrow key goes with Shift
const BRUSH = 8; // squares each way: classroom/explorer/scene.py

const say = (holder, name, detail) => holder.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
const inside = (at, n) => Math.min(n - 1, Math.max(0, at));

function cellAt(holder, event) {
  const [rows, columns] = holder.__panel.cells.shape, box = holder.firstChild.getBoundingClientRect();
  return [inside(Math.floor(((event.clientY - box.top) / box.height) * rows), rows), inside(Math.floor(((event.clientX - box.left) / box.width) * columns), columns)];
}

const values = ({ asks }, [row, column]) => ({ [asks[0]]: row + 1, [asks[1]]: column + 1 });

// Squares of a gradient, as the address holds them: 64 bits for +1, 64 for -1, in hexadecimal digits.
const bitsOf = (paint) => [...(paint || "0".repeat(32))].flatMap((d) => [8, 4, 2, 1].map((b) => (parseInt(d, 16) & b ? 1 : 0)));
const paintOf = (bits) => Array.from({ length: 32 }, (_, i) => parseInt(bits.slice(4 * i, 4 * i + 4).join(""), 2).toString(16)).join("");
const NEXT = { 0: 1, 1: -1, [-1]: 0 };

function stroke(holder, [row, column], value) {
  const { paints, cells: { shape: [rows, columns] } } = holder.__panel, bits = bitsOf(holder.closest(".stage").__shows?.state[paints]);
  const at = Math.floor((row * BRUSH) / rows) * BRUSH + Math.floor((column * BRUSH) / columns), now = bits[at] - bits[64 + at];
  const to = value ?? NEXT[now];
  bits[at] = to > 0 ? 1 : 0; bits[64 + at] = to < 0 ? 1 : 0;
  return { to, said: { [paints]: paintOf(bits) } };
}

function begin(holder) {
  let brush = null;
  holder.addEventListener("pointerdown", (e) => {
    const p = holder.__panel;
    if (!p.paints || e.button) return;
    const { to, said } = stroke(holder, cellAt(holder, e), null);
    brush = to; holder.setPointerCapture(e.pointerId); say(holder, "set", { values: said, released: false }); e.preventDefault();
  });
  holder.addEventListener("pointermove", (e) => {
    const p = holder.__panel, cell = cellAt(holder, e);
    if (brush !== null) { say(holder, "set", { values: stroke(holder, cell, brush).said, released: false }); return; }
    say(holder, "cell", { plane: p.plane, cell });
    if (p.follows && e.pointerType === "mouse") say(holder, "peek", values(p, cell));
  });
  holder.addEventListener("pointerup", () => { if (brush !== null) { brush = null; say(holder, "set", { values: {}, released: true }); } });
  holder.addEventListener("pointercancel", () => { brush = null; });
  holder.addEventListener("pointerleave", () => { say(holder, "cell", null); if (holder.__panel.follows) say(holder, "peek", null); });
  holder.addEventListener("click", (e) => { const p = holder.__panel; if (!p.paints) say(holder, "set", { values: values(p, cellAt(holder, e)), released: true }); });
  holder.addEventListener("keydown", (e) => {
    const p = holder.__panel, way = ARROWS[e.key], state = holder.closest(".stage").__shows?.state;
    if (!state || e.altKey || e.ctrlKey || e.metaKey) return;
    const [rows, columns] = p.cells.shape, at = [inside(state[p.asks[0]] - 1, rows), inside(state[p.asks[1]] - 1, columns)];
    if (way) {
      const by = e.shiftKey ? FAR : 1;
      say(holder, "set", { values: values(p, [inside(at[0] + by * way[0], rows), inside(at[1] + by * way[1], columns)]), released: false });
    } else if (p.paints && e.key === " ") say(holder, "set", { values: stroke(holder, at, null).said, released: false });
    else return;
    e.preventDefault(); e.stopPropagation();
  });
  holder.addEventListener("keyup", (e) => { if (ARROWS[e.key] || (holder.__panel.paints && e.key === " ")) say(holder, "set", { values: {}, released: true }); });
}

// Let the holder of a map be pointed at; a map that is not stays as it is.
export function pointable(holder, p) {
  holder.__panel = p;
  if (!p.asks || holder.__points) return;
  holder.__points = true; holder.tabIndex = 0; holder.classList.add("pointable");
  holder.setAttribute("role", "application"); // the arrow keys go to the cells
  holder.setAttribute("aria-roledescription", "map of cells");
  begin(holder);
}
