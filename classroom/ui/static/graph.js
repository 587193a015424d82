// A computation graph: nodes in a row, arcs above them for what skips a node; forward values, then gradients on the way back.
import { caption } from "./panels.js";
import { setTex } from "./maths.js";

const sizes = new ResizeObserver((found) => found.forEach((e) => draw(e.target)));
let graphs = 0; // a name in a page is one element's: each graph has arrowheads of its own
const RISE = 1.7, FLAT = 0.9; // rem: an arc's height for each node that it passes, and a neighbour's

const make = (tag, cls) => Object.assign(document.createElement(tag), { className: cls });

function arc(holder, { edges, now, back }) {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize), nodes = [...holder.row.children], top = holder.height * rem;
  const middle = nodes.map((n) => n.offsetLeft + n.offsetWidth / 2), paths = [];
  edges.forEach(([start, end, , value], i) => {
    const lift = rem * (FLAT + RISE * (end - start - 1)), x0 = middle[start] + 0.35 * rem, x1 = middle[end] - 0.35 * rem, y = top - 0.15 * rem;
    const used = back ? end >= now && value : end <= now, fresh = back ? start === now : end === now;
    const from = back ? [x1, x0] : [x0, x1];
    paths.push(`<path class="${fresh ? "fresh" : used ? "used" : ""}" d="M${from[0]} ${y}C${from[0]} ${y - lift * 1.33} ${from[1]} ${y - lift * 1.33} ${from[1]} ${y}" marker-end="url(#${holder.tips}-${fresh ? "fresh" : "used"})"/>`);
    const label = holder.labels.children[i];
    label.hidden = !value || !back || !fresh; // those of other nodes would lie on one another
    label.style.cssText = `left:${(x0 + x1) / 2}px;top:${y - lift}px`;
  });
  const tip = (name) => `<marker id="${holder.tips}-${name}" class="${name}" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker>`;
  holder.svg.innerHTML = `<svg width="100%" height="${top}" aria-hidden="true"><defs>${tip("fresh")}${tip("used")}</defs>${paths.join("")}</svg>`;
}

function draw(holder) {
  const p = holder.__panel;
  if (!p || !holder.clientWidth) return;
  arc(holder, p);
}

export function graph(root, p) {
  caption(root, p);
  if (!root.holder) {
    const holder = (root.holder = make("div", "graph"));
    holder.svg = make("div", "arcs"); holder.labels = make("div", "derivatives"); holder.row = make("ol", "nodes");
    holder.append(holder.svg, holder.labels, holder.row);
    root.append(holder);
    holder.tips = `tips${(graphs += 1)}`;
    holder.tabIndex = 0; holder.setAttribute("role", "region"); holder.setAttribute("aria-label", "Computation graph");
    sizes.observe(holder);
    root.__dispose = () => sizes.unobserve(holder);
  }
  const holder = root.holder;
  holder.__panel = p;
  holder.height = 1.6 + FLAT + RISE * Math.max(0, ...p.edges.map(([start, end]) => end - start - 1));
  holder.style.setProperty("--arcs", `${holder.height}rem`);
  holder.style.setProperty("--nodes", p.nodes.length);
  fill(holder.row, p.nodes.length, "li", (node, i) => {
    const [symbol, value, gradient] = p.nodes[i];
    fill(node, 3, "span", (part, j) => {
      if (j === 0) setTex(part, symbol);
      else if (j === 1) part.textContent = value || "·";
      else setTex(part, gradient);
    });
    node.className = i === p.now ? "now" : value ? "" : "next";
    if (i === p.now) node.setAttribute("aria-current", "step"); else node.removeAttribute("aria-current");
  });
  fill(holder.labels, p.edges.length, "span", (label, i) => setTex(label, p.edges[i][3] ? `${p.edges[i][2]} = ${p.edges[i][3]}` : ""));
  draw(holder);
}

function fill(list, count, tag, set) {
  while (list.childElementCount > count) list.lastChild.remove();
  while (list.childElementCount < count) list.append(document.createElement(tag));
  [...list.children].forEach(set);
}
