// Formulas with their numbers. A term under the pointer, or its button in focus, lights up its cells on the maps; a cell lights up its terms.
import { caption } from "./panels.js";
import { setTex } from "./maths.js";
import { setNumbers } from "./numbers.js";

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

// A term is lit if it is pointed at itself, or if the cell under the pointer enters it.
function mark(root) {
  const at = root.__at, terms = Object.entries(root.panel.terms);
  const entered = new Set(at?.plane ? terms.filter(([, [, , cells]]) => cells.some((c) => holds(c, at))).map(([key]) => key) : []);
  root.querySelectorAll("[data-term]").forEach((e) => e.classList.toggle("lit", e.dataset.term === root.__term || entered.has(e.dataset.term)));
}

// A term that is no button, such as ε, is made of no cells.
const reveal = (root) => light(root.parentElement, root.panel.terms[root.__term]?.[2] ?? []);

function choose(root, key) {
  if (root.__term === key) return;
  root.__term = key;
  mark(root); reveal(root);
}

// The formulas have been set anew: what was lit is lit again, if it is still there.
function resume(root) {
  if (![...root.querySelectorAll("[data-term]")].some((e) => e.dataset.term === root.__term)) root.__term = null;
  mark(root); reveal(root);
}

const termOf = (e) => e.closest?.("[data-term]");

// The innermost term under the pointer: KaTeX lays boxes of fractions and roots over what stands in them.
function termAt(root, e) {
  const found = [...root.getRootNode().elementsFromPoint(e.clientX, e.clientY), e.target].map(termOf).filter((term) => term && root.contains(term));
  return found.find((term) => found.every((other) => other === term || !term.contains(other)))?.dataset.term ?? null;
}

function listen(root) {
  root.addEventListener("pointermove", (e) => choose(root, termAt(root, e)));
  root.addEventListener("pointerleave", () => choose(root, null));
  root.addEventListener("focusin", (e) => choose(root, termOf(e.target)?.dataset.term ?? null));
  root.addEventListener("focusout", () => choose(root, null));
  root.addEventListener("click", (e) => choose(root, termAt(root, e)));
  // A panel may come to stand in another picture: it hears the cells of the one that it is in.
  const hear = (e) => { if (root.closest(".picture")?.contains(e.target)) { root.__at = e.detail; mark(root); } };
  document.addEventListener("cell", hear);
  root.__dispose = () => document.removeEventListener("cell", hear);
}

export function arithmetic(root, p) {
  caption(root, p);
  if (!root.list) {
    root.list = document.createElement("div"); root.list.className = "lines"; root.list.tabIndex = 0; // wide formulas scroll: the keyboard must reach them
    root.list.setAttribute("role", "region"); root.list.setAttribute("aria-label", "Formulas with their numbers");
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
    setTex(line.children[0], symbols); setNumbers(line.children[1], numbers ? `= ${numbers}` : "");
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
  resume(root);
}
