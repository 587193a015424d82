// Options on cards: one to choose, or several and then a button.
import { fill } from "./maths.js";
import { make } from "./make.js";

export const MARKS = { right: "✓", wrong: "✕" };
const SAYS = { "right yours": "right, your answer", right: "right answer", wrong: "your answer", chosen: "chosen" };

export function cards(root, question, { answer, typed }) {
  const many = question.type === "choices", picked = new Set((many && typed.get()) || []), open = question.given === null;
  root.className = `answers cards${question.close ? " close" : ""}`;
  const there = [...root.querySelectorAll(":scope > .card")];
  question.options.forEach((option, i) => {
    const card = there[i] ?? (() => {
      const e = make("button"); e.type = "button"; e.append(make("b"), make("span"), make("i")); e.firstChild.setAttribute("aria-hidden", "true");
      root.insertBefore(e, root.querySelector(":scope > :not(.card)"));
      return e;
    })();
    const state = open && picked.has(option.letter) ? "chosen" : option.state, [letter, text, says] = card.children;
    card.className = `card ${state}`; card.dataset.letter = option.letter; card.disabled = !open;
    letter.textContent = MARKS[state.split(" ")[0]] ?? option.letter; fill(text, option.text); says.textContent = SAYS[state] ?? "";
    if (many && open) card.setAttribute("aria-pressed", String(picked.has(option.letter))); else card.removeAttribute("aria-pressed");
    card.onclick = () => {
      if (!many) { answer(option.letter); return; }
      if (!picked.delete(option.letter)) picked.add(option.letter);
      typed.set([...picked]);
      cards(root, question, { answer, typed });
    };
  });
  there.slice(question.options.length).forEach((card) => card.remove());
  let send = root.querySelector(":scope > .send");
  if (!many || !open) { send?.remove(); return; }
  send ??= root.appendChild(Object.assign(make("button", "send"), { type: "button" }));
  const letters = [...picked].sort();
  send.disabled = !letters.length; send.textContent = letters.length ? `Answer ${letters.join(", ")}` : "Choose every right option";
  send.onclick = () => answer(letters);
}
