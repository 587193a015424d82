// A formula whose numbers change and nothing else: KaTeX sets it once, and then each number is put where the last one stood.
// KaTeX takes a millisecond a line, and what it would make of the new numbers differs in these alone: digits are equally high.
import { setTex } from "./maths.js";

// What names a term is no number, and of a number before or after a power without braces KaTeX takes one digit: 10^2, x^2, \frac12.
const PARTS = /\\htmlData\{[^}]*\}|(?:\\[A-Za-z]+|[\^_])\d*|\d+(?=\^)|(\d+(?:\.\d+)?)/g;
const MARK = 91_000_000; // and the numbers after it: digits that no formula holds
const KEPT = 128;
const forms = new Map(); // TeX with blanks for its numbers -> the nodes that KaTeX makes of it, marks for the numbers; or null

function blanked(tex) {
  const numbers = [], form = tex.replace(PARTS, (part, number) => (number ? (numbers.push(number), "#") : part));
  return { form, numbers };
}

// The texts in an element that are marks, each with the place of its number.
function marks(element, count) {
  const found = [], texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const at = texts.currentNode.data - MARK;
    if (at >= 0 && at < count) found.push([texts.currentNode, at]);
  }
  return found;
}

function setForm(form, count) {
  let next = 0;
  const holder = document.createElement("span");
  setTex(holder, form.replaceAll("#", () => MARK + next++));
  return marks(holder, count).length === 2 * count ? holder : null; // once to be seen and once to be read aloud
}

// Set a formula like setTex; where the last one differs in its numbers alone, these are all that is touched.
export function setNumbers(element, tex) {
  if (element.__tex === tex) return;
  const { form, numbers } = blanked(tex);
  if (numbers.length && globalThis.katex && !forms.has(form)) {
    if (forms.size >= KEPT) forms.delete(forms.keys().next().value);
    forms.set(form, setForm(form, numbers.length));
  }
  const holder = forms.get(form);
  if (!holder) { element.__form = null; setTex(element, tex); return; }
  if (element.__form !== form) {
    element.replaceChildren(...document.importNode(holder, true).childNodes);
    element.__form = form;
    element.__numbers = marks(element, numbers.length);
    element.__source = element.querySelector("annotation").firstChild;
  }
  for (const [text, at] of element.__numbers) if (text.data !== numbers[at]) text.data = numbers[at];
  element.__source.data = element.__tex = tex;
}
