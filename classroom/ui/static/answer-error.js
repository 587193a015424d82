// A formula with lettered parts, one of them wrong: a card for each; after the answer, what is right and where it fails.
import { cards } from "./answer-cards.js";
import { fill, reachFormulas } from "./maths.js";
import { make } from "./make.js";

const FOUND = { "right, your answer": "the wrong part, found", "right answer": "the wrong part" }; // right to choose, and wrong in itself

export function findError(root, question, { answer, typed }) {
  root.className = "answers error";
  if (!root.querySelector(".formula")) root.replaceChildren(make("div", "formula"), make("div"), make("div", "mended"));
  const [formula, parts, mended] = root.children;
  fill(formula, question.formula);
  cards(parts, question, { answer, typed });
  parts.className = "cards parts";
  for (const card of parts.querySelectorAll(".card")) { // a formula is no name that is read out; its letter stands in the large one
    const tag = card.lastChild, says = FOUND[tag.textContent] ?? tag.textContent;
    tag.textContent = says;
    card.setAttribute("aria-label", `Part ${card.dataset.letter}${says ? `, ${says}` : ""}`);
  }
  requestAnimationFrame(() => parts.querySelectorAll(".card > span").forEach(fit));
  mended.hidden = !question.mended;
  if (question.mended) {
    if (!mended.firstChild) mended.append(make("b", "", "As it should be"), make("div", "formula"), make("b", "", "Where it fails"), make("p"));
    fill(mended.children[1], question.mended);
    fill(mended.lastChild, question.failure);
  }
  reachFormulas(root);
}

// What is wider than its card is set smaller; the whole formula stands above.
function fit(span) {
  span.style.fontSize = "";
  const share = span.clientWidth / span.scrollWidth;
  if (share < 1) span.style.fontSize = `${Math.max(0.6, 0.97 * share)}em`;
}
