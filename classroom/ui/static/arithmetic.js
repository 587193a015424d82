// Formulas with their numbers. A term under the pointer, or its button in focus, lights up its cells on the maps; a cell lights up its terms.
import { caption } from "./panels.js";
import { setTex } from "./maths.js";

const KEPT = 200;

function light(picture, cells) {
  for (const panel of picture.children) {
    panel.__lit?.forEach((e) => e.remove());
    panel.__lit = [];
    const { plane, shape, holder } = panel.__plane ?? {};
    if (!plane) continue;
    for (const [tensor, first, last] of cells) {
      if (tensor !== plane.tensor || plane.sample < first[0] || plane.sample > last[0] || plane.channel < first[1] || plane.channel > last[1]) continue;
      const e = document.createElement("i"), [rows, columns] = shape;
      e.className = "box lit";
      e.style.cssText = `left:${(100 * first[3]) / columns}%;top:${(100 * first[2]) / rows}%;width:${(100 * (last[3] - first[3] + 1)) / columns}%;height:${(100 * (last[2] - first[2] + 1)) / rows}%`;
      holder.append(e); panel.__lit.push(e);
    }
  }
}

const holds = ([tensor, first, last], { plane, cell }) => tensor === plane?.tensor && [plane.sample, plane.channel, ...cell].every((at, i) => at >= first[i] && at <= last[i]);

function choose(root, key) {
  if (root.__term === key) return;
  root.__term = key;
  root.querySelectorAll("[data-term]").forEach((e) => e.classList.toggle("lit", e.dataset.term === key));
  light(root.parentElement, key ? root.panel.terms[key][2] : []);
}

// The pointer is over a cell of some map: the terms that it enters.
function enter(root, at) {
  const found = new Set(at?.plane ? Object.keys(root.panel.terms).filter((key) => root.panel.terms[key][2].some((c) => holds(c, at))) : []);
  root.querySelectorAll("[data-term]").forEach((e) => e.classList.toggle("lit", found.has(e.dataset.term)));
}

function listen(root) {
  const termOf = (e) => e.target.closest?.("[data-term]")?.dataset.term ?? null;
  root.addEventListener("pointerover", (e) => choose(root, termOf(e)));
  root.addEventListener("pointerleave", () => choose(root, null));
  root.addEventListener("focusin", (e) => choose(root, termOf(e)));
  root.addEventListener("focusout", () => choose(root, null));
  root.addEventListener("click", (e) => choose(root, termOf(e)));
  const hear = (e) => enter(root, e.detail), picture = root.parentElement;
  picture.addEventListener("cell", hear);
  root.__dispose = () => picture.removeEventListener("cell", hear);
}

export function arithmetic(root, p) {
  caption(root, p);
  if (!root.list) {
    root.list = document.createElement("div"); root.list.className = "lines";
    root.chips = document.createElement("ul"); root.chips.className = "terms"; root.chips.setAttribute("aria-label", "Terms, each made of cells");
    root.append(root.list, root.chips);
    listen(root);
  }
  root.panel = p;
  while (root.list.childElementCount > p.lines.length) root.list.lastChild.remove();
  p.lines.forEach(([symbols, numbers], i) => {
    const line = root.list.children[i] ?? root.list.appendChild(document.createElement("p"));
    if (!line.childElementCount) line.append(document.createElement("span"), document.createElement("span"));
    line.className = p.wrong.includes(i) ? "wrong" : "";
    setTex(line.children[0], symbols); setTex(line.children[1], numbers ? `= ${numbers}` : "");
  });
  const terms = Object.entries(p.terms);
  while (root.chips.childElementCount > terms.length) root.chips.lastChild.remove();
  terms.forEach(([key, [symbol, value]], i) => {
    const item = root.chips.children[i] ?? root.chips.appendChild(document.createElement("li")), button = item.firstChild ?? item.appendChild(document.createElement("button"));
    if (!button.childElementCount) { button.type = "button"; button.append(document.createElement("span"), document.createElement("span")); }
    button.dataset.term = key;
    setTex(button.children[0], symbol);
    if (button.children[1].textContent !== value) button.children[1].textContent = value;
  });
  if (root.__term && p.terms[root.__term]) { const key = root.__term; root.__term = null; choose(root, key); }
}
