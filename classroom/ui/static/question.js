// A question: cards or a field, then the verdict and the reason. What is right comes from the server, after the answer.
import { adoptTheme } from "./colour.js";
import { fill, loadKatex, needsKatex } from "./maths.js";

const typed = new Map(); // question -> what the reader has typed or picked and not sent yet; moving on loses nothing
export const forgetTyped = () => typed.clear();

const PATIENCE = 4000; // milliseconds until an answer that nobody has heard may be given again
const MARKS = { right: "✓", wrong: "✕" };
const SAYS = { "right yours": "right, your answer", right: "right answer", wrong: "your answer", chosen: "chosen" };
const PARTS = '<div class="asked"><div class="prose"></div><div class="about"></div><div class="answers"></div></div><div class="reason"></div>';

const make = (tag, cls = "", text = "") => Object.assign(document.createElement(tag), { className: cls, textContent: text });

export function paintQuestion(root, question, tell) {
  if (root.__id !== question.id) { root.__id = question.id; root.__given = undefined; root.innerHTML = PARTS; }
  const $ = (q) => root.querySelector(q);
  const answer = (given) => { // the first of two quick answers is the one that counts
    if (performance.now() - root.__sent < PATIENCE) return;
    root.__sent = performance.now();
    tell({ question: question.id, given });
  };
  root.__sent = -PATIENCE;
  root.setAttribute("aria-label", "Question");
  fill($(".asked > .prose"), question.ask);
  if (question.type === "number") field($(".answers"), question, answer); else cards($(".answers"), question, answer);
  reason($(".reason"), question, () => { typed.delete(question.id); tell({ question: question.id, again: true }); });
  const judged = root.__given === null && question.given !== null, opened = root.__given && question.given === null, active = document.activeElement;
  root.__given = question.given;
  // The answer that was just given disabled its button: the keyboard goes on at what the answer brought.
  if (judged && (active === document.body || root.contains(active))) $(".verdict").focus({ preventScroll: true });
  if (opened && active === document.body) $(".answers :is(.card, input)").focus({ preventScroll: true });
}

function cards(root, question, answer) {
  const many = question.type === "choices", picked = (many && typed.get(question.id)) || new Set(), open = question.given === null;
  root.className = `answers cards${question.close ? " close" : ""}`;
  question.options.forEach((option, i) => {
    const card = root.children[i] ?? root.appendChild((() => {
      const e = make("button"); e.type = "button"; e.append(make("b"), make("span"), make("i")); e.firstChild.setAttribute("aria-hidden", "true");
      return e;
    })());
    const state = open && picked.has(option.letter) ? "chosen" : option.state, [letter, text, says] = card.children;
    card.className = `card ${state}`; card.dataset.letter = option.letter; card.disabled = !open;
    letter.textContent = MARKS[state.split(" ")[0]] ?? option.letter; fill(text, option.text); says.textContent = SAYS[state] ?? "";
    if (many && open) card.setAttribute("aria-pressed", String(picked.has(option.letter))); else card.removeAttribute("aria-pressed");
    card.onclick = () => {
      if (!many) { answer(option.letter); return; }
      if (!picked.delete(option.letter)) picked.add(option.letter);
      typed.set(question.id, picked);
      cards(root, question, answer);
    };
  });
  const n = question.options.length;
  if (!many || !open) { root.children[n]?.remove(); return; }
  const send = root.children[n] ?? root.appendChild(Object.assign(make("button", "send"), { type: "button" })), letters = [...picked].sort();
  send.disabled = !letters.length; send.textContent = letters.length ? `Answer ${letters.join(", ")}` : "Choose every right option";
  send.onclick = () => answer(letters);
}

function field(root, question, answer) {
  root.className = "answers number";
  if (question.given !== null) {
    const p = make("p", `given ${question.right ? "right" : "wrong"}`);
    p.append(make("b", "", MARKS[question.right ? "right" : "wrong"]), make("span", "", question.given), make("i", "", question.right ? "right answer" : "your answer"));
    root.replaceChildren(p);
    return;
  }
  if (!root.querySelector("form")) {
    const form = make("form"), label = make("label", "", "Your number"), input = make("input"), send = make("button", "send", "Answer");
    Object.assign(input, { type: "text", id: `number-${question.id}`, placeholder: "such as 0.25, 1/4 or 2e-3", autocomplete: "off", value: typed.get(question.id) ?? "" });
    label.htmlFor = input.id; send.type = "submit";
    input.addEventListener("input", () => typed.set(question.id, input.value));
    form.append(label, input, send);
    root.replaceChildren(form);
  }
  root.querySelector("form").onsubmit = (e) => { e.preventDefault(); answer(root.querySelector("input").value); };
  let refusal = root.querySelector(".notice");
  if (!question.refusal) { refusal?.remove(); return; }
  refusal ??= root.appendChild(Object.assign(make("p", "notice"), { role: "alert" }));
  if (refusal.textContent !== question.refusal) refusal.textContent = question.refusal;
}

function reason(root, question, again) {
  const judged = question.given !== null, key = JSON.stringify([question.reason, question.verdict, question.given]);
  if (root.__key === key) return;
  root.__key = needsKatex(question.reason) ? null : key;
  root.className = judged ? "reason judged" : "reason";
  const why = make("div", "prose");
  fill(why, question.reason);
  root.replaceChildren(why);
  if (!judged) return;
  const verdict = make("p", `verdict ${question.right ? "yes" : "no"}`, question.verdict);
  verdict.setAttribute("role", "status"); verdict.tabIndex = -1;
  why.before(verdict);
  if (question.right) return;
  const retry = Object.assign(make("button", "plain", "Try again"), { type: "button", title: "Your first answer counts for the score." });
  retry.onclick = again;
  root.append(retry);
}

// A question alone, in a dialog.
export function mountQuestion({ data, setTriggerValue, parentElement: root }) {
  adoptTheme(root);
  const paint = () => paintQuestion(root.querySelector(".question"), data, (said) => setTriggerValue("answer", said));
  paint();
  if (needsKatex('class="math')) loadKatex().then(paint);
}
