// A number to type, with its unit.
import { MARKS } from "./answer-cards.js";
import { fill } from "./maths.js";
import { make } from "./make.js";

export function field(root, question, { answer, typed }) {
  root.className = "answers number";
  if (question.given !== null) {
    const p = make("p", `given ${question.right ? "right" : "wrong"}`), unit = make("span", "unit");
    fill(unit, question.unit);
    p.append(make("b", "", MARKS[question.right ? "right" : "wrong"]), make("span", "", String(question.given)), unit, make("i", "", question.right ? "right, your answer" : "your answer"));
    root.replaceChildren(p);
    return;
  }
  if (!root.querySelector("form")) {
    const form = make("form"), label = make("label", "", "Your number"), input = make("input"), unit = make("span", "unit"), send = make("button", "send", "Answer");
    Object.assign(input, { type: "text", id: `number-${question.id}`, placeholder: "such as 0.25, 1/4 or 2e-3", autocomplete: "off", value: typed.get() ?? "" });
    label.htmlFor = input.id; send.type = "submit";
    input.addEventListener("input", () => typed.set(input.value));
    form.append(label, input, ...(question.unit ? [unit] : []), send);
    root.replaceChildren(form);
  }
  const unit = root.querySelector(".unit");
  if (unit) fill(unit, question.unit);
  root.querySelector("form").onsubmit = (e) => { e.preventDefault(); answer(root.querySelector("input").value); };
}
