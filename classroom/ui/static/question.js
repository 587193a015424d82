// A question: its own form, then the verdict and the reason. What is right comes from the server, after the answer.
import { algebra } from "./answer-algebra.js";
import { cards } from "./answer-cards.js";
import { findError } from "./answer-error.js";
import { configuring } from "./answer-configure.js";
import { field } from "./answer-field.js";
import { match } from "./answer-match.js";
import { order } from "./answer-order.js";
import { rating, words } from "./answer-poll.js";
import { painting } from "./answer-paint.js";
import { predicting } from "./answer-predict.js";
import { adoptTheme } from "./colour.js";
import { draftOf, surenessOf } from "./drafts.js";
import { fill, loadKatex, needsKatex } from "./maths.js";
import { make } from "./make.js";

// What builds the form of each kind: (root, question, { answer, typed }) => void. It is called again whenever the question
// changes, and keeps what stands there. `typed` is what the reader has typed or picked and not sent yet: { get(), set(value) }.
const FORMS = {
  choice: cards, choices: cards, truth: cards, number: field, order, match, text: words, rating,
  find_error: findError, algebra,
  paint: painting, configure: configuring, predict: predicting,
};

const HTML = ["ask", "reason", "verdict", "unit", "formula", "mended"]; // of a question: what may hold mathematics
export const textsOf = (question) => [...HTML.map((name) => question[name] ?? ""), ...question.hints, ...["options", "items", "names"].flatMap((name) => (question[name] ?? []).map((each) => each.text))];

const PATIENCE = 4000; // milliseconds until an answer that nobody has heard may be given again
const PARTS = '<div class="asked"><div class="prose"></div><div class="about"></div><div class="answers"></div><div class="aids"></div></div><div class="reason"></div>';

export function paintQuestion(root, question, tell) {
  if (root.__id !== question.id) { root.__id = question.id; root.__given = undefined; root.innerHTML = PARTS; }
  const $ = (q) => root.querySelector(q), typed = draftOf(question), sure = surenessOf(question);
  const answer = (given) => { // the first of two quick answers is the one that counts
    if (performance.now() - root.__sent < PATIENCE) return;
    root.__sent = performance.now();
    $(".answers").__typedOver = null;
    tell({ question: question.id, given, ...(sure.get() === undefined ? {} : { sure: sure.get() }) });
  };
  root.__sent = -PATIENCE;
  root.setAttribute("aria-label", "Question");
  fill($(".asked > .prose"), question.ask);
  FORMS[question.type]($(".answers"), question, { answer, typed });
  refusal($(".answers"), question.refusal);
  aids($(".aids"), question, sure, tell);
  reason($(".reason"), question, (wish) => { typed.forget(); tell({ question: question.id, [wish]: true }); });
  const judged = root.__given === null && question.given !== null, opened = root.__given !== undefined && root.__given !== null && question.given === null, active = document.activeElement;
  root.__given = question.given;
  // The answer that was just given disabled its button: the keyboard goes on at what the answer brought.
  if (judged && (active === document.body || root.contains(active))) $(".verdict").focus({ preventScroll: true });
  if (judged) requestAnimationFrame(() => $(".reason").scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" }));
  if (opened && active === document.body) $(".answers :is(.card, input, button, [tabindex])")?.focus({ preventScroll: true });
}

function refusal(root, said) {
  let notice = root.querySelector(":scope > .notice");
  root.oninput = () => { root.__typedOver = said; root.querySelector(":scope > .notice")?.remove(); }; // it spoke of what stood there before
  if (!said || said === root.__typedOver) { notice?.remove(); return; }
  notice ??= Object.assign(make("p", "notice"), { role: "alert" });
  if (notice !== root.lastChild) root.append(notice);
  if (notice.textContent !== said) notice.textContent = said;
}

// Hints, and how sure the reader is: both before the answer, both as they like.
function aids(root, question, sure, tell) {
  const open = question.given === null, key = JSON.stringify([question.hints, question.hint, open, question.sure, sure.get()]);
  if (root.__key === key) return;
  root.__key = question.hints.some(needsKatex) ? null : key;
  const parts = question.hints.map((hint, i) => { const p = make("p", "hint"), text = make("span"); fill(text, hint); p.append(make("b", "", question.hints.length > 1 ? `Hint ${i + 1}` : "Hint"), text); return p; });
  if (open && question.hint) {
    const more = Object.assign(make("button", "plain", question.hint), { type: "button" });
    more.onclick = () => { if (root.__asked === question.hints.length) return; root.__asked = question.hints.length; tell({ question: question.id, hint: true }); };
    parts.push(more);
  }
  if (open && question.sure.length) {
    const group = make("div", "sure"), label = make("span", "", "How sure are you, before you answer?");
    label.id = `sure-${question.id}`;
    group.setAttribute("role", "group"); group.setAttribute("aria-labelledby", label.id);
    group.append(label);
    for (const share of question.sure) {
      const b = Object.assign(make("button", "", `${Math.round(100 * share)} %`), { type: "button" });
      b.setAttribute("aria-pressed", String(sure.get() === share));
      b.onclick = () => { sure.set(sure.get() === share ? undefined : share); for (const other of group.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === b && sure.get() === share)); };
      group.append(b);
    }
    parts.push(group);
  }
  root.replaceChildren(...parts);
  if (root.__asked === undefined || root.__asked >= question.hints.length) return;
  root.__asked = undefined; // the hint has come: the keyboard goes on at it
  const told = parts[question.hints.length - 1];
  told.tabIndex = -1; told.focus({ preventScroll: true });
}

function reason(root, question, wish) {
  const judged = question.given !== null, key = JSON.stringify([question.reason, question.verdict, question.given]);
  if (root.__key === key) return;
  root.__key = needsKatex(question.reason + (question.verdict ?? "")) ? null : key;
  root.className = judged ? "reason judged" : "reason";
  const why = make("div", "prose");
  fill(why, question.reason);
  root.replaceChildren(why);
  if (!judged) return;
  const verdict = make("p", `verdict ${question.right || !question.scored ? "yes" : "no"}`);
  fill(verdict, question.verdict);
  verdict.setAttribute("role", "status"); verdict.tabIndex = -1;
  why.before(verdict);
  const row = make("div", "wishes"), button = (text, title, what) => { const b = Object.assign(make("button", "plain", text), { type: "button", title }); b.onclick = () => wish(what); row.append(b); };
  if (!question.right && question.scored) button("Try again", question.over ? "What counts for the score stays as it is." : "This attempt still counts.", "again");
  if (question.another) button("Another like it", "With other numbers, for practice: it counts for nothing.", "another");
  if (row.children.length) root.append(row);
}

// A question alone, in a dialog.
export function mountQuestion({ data, setTriggerValue, parentElement: root }) {
  adoptTheme(root);
  const paint = () => paintQuestion(root.querySelector(".question"), data, (said) => setTriggerValue("answer", said));
  paint();
  if (needsKatex('class="math')) loadKatex().then(paint);
}
