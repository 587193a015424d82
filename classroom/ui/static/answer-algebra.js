// An expression to type; while it is typed the server says how it is read.
import { MARKS } from "./answer-cards.js";
import { fill, reachFormulas, setTex } from "./maths.js";
import { make } from "./make.js";

const TYPING = 150, PAUSE = 900; // milliseconds without a key: until the expression is read, and until it is found fault with

export function algebra(root, question, { answer, typed }) {
  root.className = "answers algebra";
  if (root.__ask !== question.ask) { root.__ask = question.ask; root.__before = ""; }
  if (question.given !== null) {
    root.__before = question.given; // who tries again goes on with what they had
    const state = question.right ? "right" : question.right === false ? "wrong" : "", formula = make("div", "formula"), p = make("div", `given ${state}`);
    fill(formula, question.formula);
    p.append(make("b", "", MARKS[state] ?? ""), formula, make("i", "", question.right ? "right, your answer" : "your answer"));
    root.replaceChildren(p);
    requestAnimationFrame(() => reachFormulas(p));
    return;
  }
  if (!root.querySelector("form")) root.replaceChildren(...build(question, typed, root.__before));
  const names = root.querySelector(".symbols");
  question.names.forEach(({ name, text }, i) => {
    const item = names.children[i] ?? names.appendChild((() => { const li = make("li"), button = Object.assign(make("button", "", name), { type: "button" }); li.append(button, make("span")); return li; })());
    item.firstChild.onclick = () => write(root.querySelector("input"), name);
    fill(item.lastChild, text);
  });
  const send = root.querySelector(".send");
  send.textContent = "Answer";
  root.querySelector("form").onsubmit = (e) => { e.preventDefault(); send.textContent = "Comparing …"; answer(root.querySelector("input").value); };
}

function build(question, typed, before) {
  const form = make("form"), label = make("label", "", "Your expression"), input = make("input"), send = make("button", "send", "Answer");
  Object.assign(input, { type: "text", id: `algebra-${question.id}`, autocomplete: "off", autocapitalize: "none", spellcheck: false, maxLength: 200, value: typed.get() ?? before });
  label.htmlFor = input.id; send.type = "submit";
  form.append(label, input, send);
  const shown = make("div", "read"), formula = make("div", "formula"), fault = make("p", "fault");
  fault.setAttribute("role", "status"); fault.id = `fault-${question.id}`;
  input.setAttribute("aria-describedby", fault.id);
  shown.append(formula, fault);
  const symbols = make("ul", "symbols");
  symbols.setAttribute("aria-label", "Symbols that may stand in it");
  const read = reader(question.id, formula, fault);
  input.addEventListener("input", () => { typed.set(input.value); read(input.value); });
  if (input.value) read(input.value);
  return [form, symbols, shown];
}

// The newest text wins: what is said of an older one is dropped.
function reader(id, formula, fault) {
  let newest = 0, typing = null, pause = null;
  return (text) => {
    const mine = (newest += 1);
    clearTimeout(typing); clearTimeout(pause);
    fault.textContent = "";
    if (!text.trim()) { setTex(formula, ""); return; }
    typing = setTimeout(async () => {
      const said = await ask(id, text);
      if (mine !== newest || !said) return;
      formula.classList.toggle("old", said.latex === undefined);
      if (said.latex !== undefined) { setTex(formula, `\\displaystyle ${said.latex}`); reachFormulas(formula.parentElement); return; }
      pause = setTimeout(() => { if (mine === newest) fault.textContent = said.error; }, PAUSE - TYPING);
    }, TYPING);
  };
}

async function ask(id, text) {
  try {
    const reply = await fetch(new URL(`../api/quiz/preview?${new URLSearchParams({ question: id, text })}`, import.meta.url));
    return reply.ok ? await reply.json() : null;
  } catch { return null; } // without a preview the answer can be given all the same
}

// Put a symbol where the cursor is.
function write(input, name) {
  const { selectionStart: from, selectionEnd: to, value } = input, glued = /[A-Za-z0-9_]$/.test(value.slice(0, from));
  input.setRangeText((glued ? "*" : "") + name, from, to, "end");
  input.focus();
  input.dispatchEvent(new Event("input"));
}
