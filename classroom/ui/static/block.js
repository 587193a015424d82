// The H×W×K×M tensor: one rotatable block a sample, drawn as surfaces in depth order. Drag or arrow keys turn all blocks at once.
import { colours } from "./colour.js";

const NAMES = ["raised", "sunken", "rule", "edge", "accent", "on-accent", "paper", "ink", "muted"];
const SIDES = [ // a side of a slab: its normal in (k, h, w), and the two axes that span it
  { axis: 0, at: 1, shade: "rule" }, { axis: 0, at: 0, shade: "rule" }, { axis: 1, at: 1, shade: "sunken" }, { axis: 1, at: 0, shade: "sunken" },
  { axis: 2, at: 1, shade: "raised" }, { axis: 2, at: 0, shade: "raised" },
];

function project(turn, tilt) {
  const t = (turn * Math.PI) / 180, u = (tilt * Math.PI) / 180, c = Math.cos(t), s = Math.sin(t), d = Math.cos(u), e = Math.sin(u);
  // x to the right is k, y downwards is h, z towards the reader is w
  return ([x, y, z]) => { const x1 = c * x - s * z, z1 = s * x + c * z; return [x1, d * y - e * z1, e * y + d * z1]; };
}

function drawSample(canvas, view, cells, dims, chosen, sample, palette, label) {
  const [H, W, K, M] = dims, see = project(view.turn, view.tilt);
  const ratio = Math.min(2, globalThis.devicePixelRatio || 1), width = canvas.clientWidth, height = canvas.clientHeight;
  canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
  const g = canvas.getContext("2d");
  g.setTransform(ratio, 0, 0, ratio, 0, 0); g.clearRect(0, 0, width, height);
  const gap = view.gap, spread = K + gap * (K - 1), radius = Math.hypot(spread, H, W) / 2;
  const unit = Math.min((width - 12) / (2 * Math.min(radius, Math.hypot(spread, W) / 2 + 0.05)), (height - 34) / (2 * Math.min(radius, (H + W * 0.9) / 2 + 0.2)));
  const centre = [width / 2, (height - 24) / 2 + 2], at = ([k, h, w]) => see([k - spread / 2, h - H / 2, w - W / 2]);
  const screen = (q) => [centre[0] + unit * q[0], centre[1] + unit * q[1]];
  const on = (h, w, k) => cells[((h * W + w) * K + k) * M + sample];
  const polygon = (points) => { g.beginPath(); points.forEach((q, i) => (i ? g.lineTo(...screen(q)) : g.moveTo(...screen(q)))); g.closePath(); };
  const slabs = gap > 0.01 ? Array.from({ length: K }, (_, k) => [k, k + 1]) : [[0, K]];
  slabs.sort((a, b) => at([a[0] * (1 + gap), H / 2, W / 2])[2] - at([b[0] * (1 + gap), H / 2, W / 2])[2]);
  let outline = null;
  for (const [first, last] of slabs) {
    const shift = first * gap, size = [last - first, H, W];
    for (const side of SIDES) {
      const normal = [0, 0, 0]; normal[side.axis] = side.at ? 1 : -1;
      if (see(normal)[2] <= 1e-6) continue; // faces away
      const [a, b] = [0, 1, 2].filter((i) => i !== side.axis);
      for (let i = 0; i < size[a]; i++) for (let j = 0; j < size[b]; j++) {
        const corner = (di, dj) => { const q = [0, 0, 0]; q[side.axis] = side.at ? size[side.axis] : 0; q[a] = i + di; q[b] = j + dj; return at([q[0] + first + shift, q[1], q[2]]); };
        const cell = [0, 0, 0]; cell[side.axis] = side.at ? size[side.axis] - 1 : 0; cell[a] = i; cell[b] = j;
        const [k, h, w] = [cell[0] + first, cell[1], cell[2]], painted = on(h, w, k), points = [corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1)];
        polygon(points);
        g.fillStyle = painted ? palette.accent : palette[side.shade]; g.fill();
        g.lineWidth = 1; g.strokeStyle = painted ? palette.paper : palette.edge; g.stroke();
        if (painted) {
          const middle = screen([(points[0][0] + points[2][0]) / 2, (points[0][1] + points[2][1]) / 2, 0]);
          g.beginPath(); g.arc(...middle, Math.max(1.6, unit * 0.085), 0, 7); g.fillStyle = palette["on-accent"]; g.fill();
        }
        if (sample === chosen[3] && h === chosen[0] && w === chosen[1] && k === chosen[2] && side.axis === 2) outline = points;
        else if (sample === chosen[3] && h === chosen[0] && w === chosen[1] && k === chosen[2]) outline ??= points;
      }
    }
  }
  if (outline) { polygon(outline); g.lineWidth = 4; g.strokeStyle = palette.ink; g.stroke(); }
  g.fillStyle = palette.muted; g.textAlign = "center"; g.textBaseline = "middle";
  const px = parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.9;
  g.font = `${px}px "Deck Sans", system-ui, sans-serif`;
  if (view.labels) {
    const name = (text, q, dx, dy) => { const s = screen(at(q)); g.fillText(text, s[0] + dx, s[1] + dy); };
    const front = see([0, 0, 1])[2] > 0 ? W : 0, top = see([0, -1, 0])[2] > 0;
    name("H", [0, H / 2, front], -px, 0);
    name("K", [spread / 2, H, front], 0, px);
    name("W", [see([1, 0, 0])[2] > 0 ? spread : 0, top ? 0 : H, W / 2], (see([1, 0, 0])[2] > 0 ? 1 : -1) * px, top ? -px * 0.5 : px * 0.5);
  }
  g.fillText(label, width / 2, height - px * 0.7);
}

function redraw(root) {
  const palette = colours(root, NAMES), p = root.panel;
  root.canvases.forEach((c, m) => { if (c.clientWidth) drawSample(c, root.view, root.cells, p.cells.shape, p.chosen, m, palette, `sample ${m + 1}`); });
}

export function block(root, p, bytes) {
  const M = p.cells.shape[3];
  root.panel = p;
  root.cells = bytes.slice(p.cells.at, p.cells.at + p.cells.shape.reduce((a, b) => a * b, 1));
  root.view ??= { turn: p.turn, tilt: p.tilt, gap: 0, labels: true };
  if (p.gap !== undefined) root.view.gap = p.gap;
  if (root.canvases?.length !== M) {
    root.list?.remove();
    root.list = document.createElement("div"); root.list.className = "blocks"; root.list.tabIndex = 0;
    root.list.setAttribute("role", "group"); root.list.setAttribute("aria-label", "Blocks of the tensor; the arrow keys turn them");
    root.canvases = Array.from({ length: M }, () => { const c = document.createElement("canvas"); c.setAttribute("aria-hidden", "true"); root.list.append(c); return c; });
    root.append(root.list);
    let from = null;
    const turn = (dx, dy) => { root.view.turn = Math.max(-85, Math.min(85, root.view.turn + dx)); root.view.tilt = Math.max(-80, Math.min(80, root.view.tilt + dy)); redraw(root); };
    root.list.addEventListener("pointerdown", (e) => { from = [e.clientX, e.clientY]; root.list.setPointerCapture(e.pointerId); });
    root.list.addEventListener("pointermove", (e) => { if (from) { turn((e.clientX - from[0]) * 0.4, (e.clientY - from[1]) * 0.4); from = [e.clientX, e.clientY]; } });
    root.list.addEventListener("pointerup", () => { from = null; });
    root.list.addEventListener("pointercancel", () => { from = null; });
    root.list.addEventListener("keydown", (e) => {
      const step = { ArrowLeft: [-6, 0], ArrowRight: [6, 0], ArrowUp: [0, -6], ArrowDown: [0, 6] }[e.key];
      if (step) { turn(...step); e.preventDefault(); e.stopPropagation(); }
    });
    root.watch = new ResizeObserver(() => redraw(root)); root.watch.observe(root.list);
    root.__dispose = () => root.watch.disconnect();
  }
  redraw(root);
}
