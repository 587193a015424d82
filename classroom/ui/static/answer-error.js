// A formula with lettered parts, one of them wrong: a card for each; after the answer, what is right and where it fails.
import { cards } from "./answer-cards.js";
import { fill, reachFormulas } from "./maths.js";
import { make } from "./make.js";

export function findError(root, question, { answer, typed }) {
  root.className = "answers error";
  if (!root.querySelector(".formula")) root.replaceChildren(make("div", "formula"), make("div"), make("div", "mended"));
  const [formula, parts, mended] = root.children;
  fill(formula, question.formula);
  cards(parts, question, { answer, typed });
  parts.className = "cards parts";
  mended.hidden = !question.mended;
  if (question.mended) {
    if (!mended.firstChild) mended.append(make("b", "", "Right"), make("div", "formula"), make("b", "", "Where it fails"), make("p"));
    fill(mended.children[1], question.mended);
    fill(mended.lastChild, question.failure);
  }
  reachFormulas(root);
}
