// Polls: some words, or a number on a scale. Both are sent by a button, for neither can be taken back.
import { fill } from "./maths.js";
import { make } from "./make.js";

export function words(root, question, { answer, typed }) {
  root.className = "answers words";
  if (question.given !== null) { root.replaceChildren(make("blockquote", "told", question.given)); return; }
  if (!root.querySelector("form")) {
    const form = make("form"), label = make("label", "", "Your answer"), area = make("textarea"), left = make("span", "left"), send = make("button", "send", "Send");
    Object.assign(area, { id: `words-${question.id}`, rows: 5, maxLength: question.longest, value: typed.get() ?? "" });
    label.htmlFor = area.id; send.type = "submit"; left.id = `left-${question.id}`;
    area.setAttribute("aria-describedby", left.id);
    form.append(label, area, send, left);
    root.replaceChildren(form);
    const count = () => { left.textContent = `${question.longest - area.value.length} characters left`; send.disabled = !area.value.trim(); };
    area.addEventListener("input", () => { typed.set(area.value); count(); });
    count();
  }
  const form = root.querySelector("form");
  form.onsubmit = (e) => { e.preventDefault(); answer(form.querySelector("textarea").value); };
}

export function rating(root, question, { answer, typed }) {
  root.className = "answers rating";
  const open = question.given === null, chosen = question.given ?? typed.get();
  if (!root.querySelector("fieldset")) {
    const set = make("fieldset"), scale = make("div", "scale");
    const legend = make("legend", "sr-only", "Your rating");
    for (let i = 1; i <= question.steps; i++) {
      const label = make("label"), input = Object.assign(make("input"), { type: "radio", name: `rating-${question.id}`, value: i });
      input.onchange = () => root.__choose(i);
      label.append(input, make("span", "", String(i)));
      scale.append(label);
    }
    set.append(legend, scale, make("p", "low"), make("p", "high"));
    root.replaceChildren(set);
  }
  const set = root.querySelector("fieldset"), inputs = [...set.querySelectorAll("input")], low = set.querySelector(".low"), high = set.querySelector(".high");
  set.disabled = !open;
  fill(low, question.low); fill(high, question.high);
  low.id = `low-${question.id}`; high.id = `high-${question.id}`;
  inputs[0].setAttribute("aria-describedby", low.id); inputs.at(-1).setAttribute("aria-describedby", high.id);
  for (const input of inputs) input.checked = Number(input.value) === chosen;
  root.__choose = (i) => { typed.set(i); rating(root, question, { answer, typed }); };
  let send = root.querySelector(":scope > .send");
  if (!open) { send?.remove(); return; }
  send ??= set.insertAdjacentElement("afterend", Object.assign(make("button", "send"), { type: "button" }));
  send.disabled = chosen === undefined; send.textContent = chosen === undefined ? "Choose a number" : `Send ${chosen}`;
  send.onclick = () => answer(chosen);
}
