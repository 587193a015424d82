// HTML of the server with its mathematics set. KaTeX takes some milliseconds a formula, so what is set once is kept.
let loading = null;
const KEPT = 128;
// Of KaTeX's commands that reach into the page, only the one that names a term.
const OPTIONS = { throwOnError: false, strict: "ignore", trust: (context) => context.command === "\\htmlData" };
const kept = new Map(); // HTML -> a template with its mathematics set

export function loadKatex() {
  return (loading ??= new Promise((done) => {
    const script = document.createElement("script");
    script.src = new URL("./katex.min.js", import.meta.url);
    script.onload = done;
    script.onerror = () => { loading = null; done(); }; // formulas stay TeX until the next slide tries again
    document.head.append(script);
  }));
}

export const needsKatex = (html) => !globalThis.katex && html.includes('class="math');

export function typeset(html) {
  let set = kept.get(html);
  if (!set) {
    set = document.createElement("template");
    set.innerHTML = html;
    if (globalThis.katex) {
      for (const e of set.content.querySelectorAll(".math")) {
        globalThis.katex.render(e.textContent, e, { displayMode: e.classList.contains("block"), ...OPTIONS });
        if (!e.classList.contains("block")) keepTogether(e);
      }
      if (kept.size >= KEPT) kept.delete(kept.keys().next().value);
      kept.set(html, set);
    }
  }
  return document.importNode(set.content, true);
}

const SMALLEST = 0.75; // of its own size: what is still too wide scrolls

// A formula too wide for a narrow screen is set smaller; one that scrolls all the same fades where it goes on, and the keyboard reaches it.
export function reachFormulas(root) {
  const all = [...root.querySelectorAll(".katex-display")], tooWide = (e) => e.scrollWidth > e.clientWidth + 1;
  for (const e of all) if (e.__fitted) { e.firstElementChild.style.fontSize = ""; e.__fitted = false; }
  const shares = all.map((e) => (tooWide(e) && e.clientWidth ? Math.max(SMALLEST, (0.985 * e.clientWidth) / e.scrollWidth) : 1));
  all.forEach((e, i) => { if (shares[i] < 1) { const set = e.firstElementChild; set.style.fontSize = `${shares[i] * parseFloat(getComputedStyle(set).fontSize)}px`; e.__fitted = true; } });
  for (const e of all) {
    if (tooWide(e)) { e.tabIndex = 0; e.onscroll = () => goesOn(e); goesOn(e); } else { e.removeAttribute("tabindex"); delete e.dataset.goesOn; }
  }
}

function goesOn(e) {
  const left = e.scrollLeft > 2, right = e.scrollLeft < e.scrollWidth - e.clientWidth - 2;
  e.dataset.goesOn = left && right ? "both" : left ? "left" : right ? "right" : "";
}
addEventListener("resize", () => reachFormulas(document));

const LONG = 14; // characters: a shorter formula within a text stands on one line
function keepTogether(e) {
  if (e.querySelector(".katex-html")?.textContent.length < LONG) e.classList.add("short");
}

// Fill an element; what it shows already is left as it is.
export function fill(element, html) {
  if (element.__html === html) return;
  element.__html = needsKatex(html) ? null : html;
  element.replaceChildren(typeset(html));
}

const formulas = new Map(); // TeX -> nodes set before

// Set one formula; what stands there already is left as it is.
export function setTex(element, tex) {
  if (element.__tex === tex) return;
  element.__tex = tex;
  if (!globalThis.katex) { element.textContent = tex; loadKatex().then(() => { if (element.__tex === tex && globalThis.katex) { element.__tex = null; setTex(element, tex); } }); return; }
  if (!formulas.has(tex)) {
    const holder = document.createElement("template");
    holder.innerHTML = tex ? globalThis.katex.renderToString(tex, OPTIONS) : "";
    if (formulas.size >= KEPT) formulas.delete(formulas.keys().next().value);
    formulas.set(tex, holder);
  }
  element.replaceChildren(document.importNode(formulas.get(tex).content, true));
}
