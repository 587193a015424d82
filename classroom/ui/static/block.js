// The H×W×K×M tensor: one rotatable block a sample, drawn as surfaces in depth order. Drag or arrow keys turn all blocks of a picture at once.
import { colours, themeOf } from "./colour.js";
import { caption } from "./panels.js";

const NAMES = ["raised", "sunken", "rule", "edge", "accent", "on-accent", "paper", "ink", "muted"];
const SIDES = [ // the sides of a slab in (k, h, w): k to the right, h downwards, w away from the reader
  { axis: 0, at: 1, light: "rule", dim: 0.24 }, { axis: 0, at: 0, light: "rule", dim: 0.24 }, { axis: 1, at: 0, light: "sunken", dim: 0.1 },
  { axis: 1, at: 1, light: "rule", dim: 0.3 }, { axis: 2, at: 0, light: "raised", dim: 0 }, { axis: 2, at: 1, light: "raised", dim: 0 },
];
const MARGIN = { side: 1.2, letter: 0.4, right: 0.6, top: 1.25, foot: 0.35, sample: 1.7 }; // rem around a block, for the names of its axes and of the sample
const LIMIT = { turn: 80, tilt: 75 };

// From (k, h, w), measured from the middle, to the screen: x right, y down, z towards the reader. No perspective: equal cells stay equal.
function projection(turn, tilt) {
  const t = (turn * Math.PI) / 180, u = (tilt * Math.PI) / 180, c = Math.cos(t), s = Math.sin(t), d = Math.cos(u), e = Math.sin(u);
  return ([k, h, w]) => { const x = c * k + s * w, z = s * k - c * w; return [x, d * h + e * z, d * z - e * h]; };
}

const CORNERS = [0, 1].flatMap((a) => [0, 1].flatMap((b) => [0, 1].map((c) => [a, b, c])));

function bounds(see, size) {
  const points = CORNERS.map((q) => see(q.map((v, i) => (v - 0.5) * size[i])));
  const reach = (i) => 2 * Math.max(...points.map((p) => Math.abs(p[i])));
  return [reach(0), reach(1)];
}

function shaded(css, towards, share) {
  if (!share) return css;
  const read = (v) => v.match(/[\d.]+/g).slice(0, 3).map(Number), a = read(css), b = read(towards);
  return `rgb(${a.map((v, i) => Math.round(v + share * (b[i] - v))).join(",")})`;
}

function drawSample(canvas, rem, view, panel, cells, sample, palette) {
  const { chosen, axes } = panel, [H, W, K, M] = panel.cells.shape, ratio = Math.min(3, globalThis.devicePixelRatio || 1), width = canvas.clientWidth, height = canvas.clientHeight;
  const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) [canvas.width, canvas.height] = pixels;
  const g = canvas.getContext("2d");
  g.setTransform(ratio, 0, 0, ratio, 0, 0); g.clearRect(0, 0, width, height); g.lineJoin = "round"; g.lineCap = "round";

  // The block fills its place at rest and never leaves it: turned, it shrinks only where it must.
  const see = projection(view.turn, view.tilt), size = [K + view.gap * (K - 1), H, W], top = MARGIN.top * rem, foot = (M > 1 ? MARGIN.sample : MARGIN.foot) * rem;
  const left = (MARGIN.side + MARGIN.letter * axes[0].length) * rem, right = MARGIN.right * rem;
  const fit = (v) => { const [x, y] = bounds(v, size); return Math.min((width - left - right) / x, (height - foot - top) / y); };
  const unit = Math.min(fit(projection(panel.turn, panel.tilt)), fit(see)), middle = [(width + left - right) / 2, (height - foot + top) / 2];
  const at = (q) => { const p = see(q.map((v, i) => v - size[i] / 2)); return [middle[0] + unit * p[0], middle[1] + unit * p[1], p[2]]; };
  const path = (points) => { g.beginPath(); points.forEach(([x, y], i) => (i ? g.lineTo(x, y) : g.moveTo(x, y))); g.closePath(); };
  const painted = (h, w, k) => cells[((h * W + w) * K + k) * M + sample];
  const facing = SIDES.filter((s) => { const n = [0, 0, 0]; n[s.axis] = s.at ? 1 : -1; return see(n)[2] > 1e-6; });
  const line = Math.max(1, rem / 16);

  const face = (side, origin, cell) => { // one cell's face: its corners on the screen
    const [a, b] = [0, 1, 2].filter((i) => i !== side.axis);
    return [[0, 0], [1, 0], [1, 1], [0, 1]].map(([da, db]) => {
      const q = cell.map((v, i) => v + origin[i]); q[side.axis] += side.at; q[a] += da; q[b] += db;
      return at(q);
    });
  };
  const drawFace = (side, origin, cell, index) => {
    const on = painted(...index), points = face(side, origin, cell);
    path(points);
    g.fillStyle = on ? shaded(palette.accent, palette.paper, side.dim) : palette[side.light]; g.fill();
    g.lineWidth = line; g.strokeStyle = on ? palette.paper : palette.edge; g.stroke();
    if (!on) return;
    const [o, p, , r] = points; // the dot lies in the face: a circle under the same projection
    g.save(); g.transform(p[0] - o[0], p[1] - o[1], r[0] - o[0], r[1] - o[1], (p[0] + r[0]) / 2, (p[1] + r[1]) / 2);
    g.beginPath(); g.arc(0, 0, 0.115, 0, 7); g.restore();
    g.fillStyle = palette["on-accent"]; g.fill();
  };
  const slabs = view.gap > 0.01 ? Array.from({ length: K }, (_, k) => [k, k + 1]) : [[0, K]];
  if (view.turn < 0) slabs.reverse(); // the far one first
  for (const [first, last] of slabs) {
    const origin = [first * view.gap, 0, 0], extent = [[first, last], [0, H], [0, W]];
    for (const side of facing) {
      const ranges = extent.map(([low, high], i) => (i === side.axis ? [side.at ? high - 1 : low] : Array.from({ length: high - low }, (_, j) => low + j)));
      for (const k of ranges[0]) for (const h of ranges[1]) for (const w of ranges[2]) drawFace(side, origin, [k, h, w], [h, w, k]);
    }
    if (slabs.length > 1 && sample === chosen[3] && first === chosen[2]) outline(origin);
  }
  if (slabs.length === 1 && sample === chosen[3]) outline([0, 0, 0]);

  // The cell asked about: a thick frame where it can be seen; where others hide it, dashed, and the paint of its depth shines through.
  function outline(origin) {
    const [h, w, k] = chosen, deep = { 0: [0, K - 1], 1: [0, H - 1], 2: [0, W - 1] }, cell = [k, h, w];
    const alone = slabs.length > 1;
    const outer = facing.filter((s) => (s.axis === 0 && alone) || cell[s.axis] === deep[s.axis][s.at]);
    const front = outer.find((s) => s.axis === 2) ?? outer.find((s) => s.axis === 0) ?? outer[0];
    const through = front ?? facing.find((s) => s.axis === 2) ?? facing[0];
    if (!front && through.axis === 2) {
      g.save(); g.globalAlpha = 0.6;
      for (let j = 0; j < H; j++) for (let i = 0; i < K; i++) if (painted(j, w, i)) drawFace(through, origin, [i, j, w], [j, w, i]);
      g.restore();
    }
    g.strokeStyle = palette.ink; g.lineWidth = Math.max(2.5, Math.min(rem * 0.2, unit * 0.14));
    if (!front) g.setLineDash([rem * 0.3, rem * 0.32]);
    path(face(through, origin, cell)); g.stroke(); g.setLineDash([]);
  }

  // Each axis is named once, outside, along an edge of the silhouette: the first at the left, the others above.
  const px = 0.95 * rem;
  g.fillStyle = palette.muted; g.textAlign = "center"; g.textBaseline = "middle"; g.font = `${px}px "Deck Sans", system-ui, sans-serif`;
  const visible = (axis, end) => facing.some((s) => s.axis === axis && s.at === end);
  [2, 0, 1].forEach((place, axis) => {
    const [a, b] = [0, 1, 2].filter((i) => i !== axis), edges = [];
    for (const ea of [0, 1]) for (const eb of [0, 1]) {
      if (visible(a, ea) === visible(b, eb)) continue; // inside the outline, or behind
      const p = [0, 0, 0], q = [0, 0, 0]; p[a] = q[a] = ea * size[a]; p[b] = q[b] = eb * size[b]; q[axis] = size[axis];
      const from = at(p), to = at(q), mid = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2], long = Math.hypot(to[0] - from[0], to[1] - from[1]);
      if (long < 0.6 * px) continue;
      let normal = [(from[1] - to[1]) / long, (to[0] - from[0]) / long];
      if (normal[0] * (mid[0] - middle[0]) + normal[1] * (mid[1] - middle[1]) < 0) normal = normal.map((v) => -v);
      edges.push([axis === 1 ? mid[0] : mid[1] + 0.01 * mid[0], mid, normal]);
    }
    edges.sort((one, two) => one[0] - two[0]);
    if (!edges.length) return;
    const [, mid, normal] = edges[0];
    g.textAlign = axis === 1 ? "right" : "center"; // a long name runs away from the block
    g.fillText(axes[place], mid[0] + normal[0] * px + (axis === 1 ? 0.4 * px : 0), mid[1] + normal[1] * px);
  });
  g.textAlign = "center";
  if (M > 1) g.fillText(`sample ${sample + 1}`, middle[0], height - 0.65 * rem);
}

function redraw(root) {
  const palette = colours(root, NAMES), p = root.panel, rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  root.canvases.forEach((c, m) => { if (c.clientWidth) drawSample(c, rem, root.view, p, root.cells, m, palette); });
}

const clamp = (v, limit) => Math.max(-limit, Math.min(limit, v));

function listen(root) {
  let from = null;
  const turn = (dx, dy) => {
    const to = { turn: clamp(root.view.turn + dx, LIMIT.turn), tilt: clamp(root.view.tilt + dy, LIMIT.tilt) };
    const together = [...root.parentElement.children].filter((panel) => panel.view);
    together.forEach((panel) => Object.assign(panel.view, to));
    cancelAnimationFrame(root.next); root.next = requestAnimationFrame(() => together.forEach(redraw));
  };
  const end = () => { from = null; };
  root.list.addEventListener("pointerdown", (e) => { from = [e.clientX, e.clientY]; root.list.setPointerCapture(e.pointerId); });
  root.list.addEventListener("pointermove", (e) => { if (from) { turn((e.clientX - from[0]) * -0.4, (e.clientY - from[1]) * 0.4); from = [e.clientX, e.clientY]; } });
  root.list.addEventListener("pointerup", end);
  root.list.addEventListener("pointercancel", end);
  root.list.addEventListener("dblclick", () => { root.view.turn = root.panel.turn; root.view.tilt = root.panel.tilt; turn(0, 0); });
  root.list.addEventListener("keydown", (e) => {
    const step = { ArrowLeft: [6, 0], ArrowRight: [-6, 0], ArrowUp: [0, -6], ArrowDown: [0, 6] }[e.key];
    if (step) { turn(...step); e.preventDefault(); e.stopPropagation(); }
  });
}

export function block(root, p, bytes) {
  const M = p.cells.shape[3];
  root.panel = p;
  root.cells = bytes.slice(p.cells.at, p.cells.at + p.cells.shape.reduce((a, b) => a * b, 1));
  root.view ??= { turn: p.turn, tilt: p.tilt };
  root.view.gap = p.gap;
  caption(root, p);
  if (root.canvases?.length !== M) {
    root.__dispose?.(); root.list?.remove();
    root.list = document.createElement("div"); root.list.className = "blocks"; root.list.tabIndex = 0;
    root.list.setAttribute("role", "group"); root.list.setAttribute("aria-label", `${p.label ? `${p.label}: b` : "B"}locks of the tensor; the arrow keys turn them`);
    root.canvases = Array.from({ length: M }, () => { const c = document.createElement("canvas"); c.setAttribute("aria-hidden", "true"); root.list.append(c); return c; });
    root.append(root.list);
    listen(root);
    root.watch = new ResizeObserver(() => redraw(root)); root.watch.observe(root.list);
    root.__dispose = () => { root.watch.disconnect(); cancelAnimationFrame(root.next); };
  }
  if (p.below) {
    root.below ??= document.createElement("p");
    root.below.className = "below"; root.below.textContent = p.below;
    root.append(root.below);
  } else root.below?.remove();
  root.list.style.setProperty("--height", `${p.height}rem`);
  const shown = JSON.stringify([p.chosen, p.cells.shape, p.axes, p.gap, p.height, root.view, themeOf(root)]) + root.cells.join("");
  if (root.shown === shown) return; // a drag that moves other panels draws no block
  if (!root.shown) document.fonts?.ready.then(() => root.isConnected && redraw(root));
  root.shown = shown;
  redraw(root);
}
