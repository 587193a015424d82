// Items to be matched with options: a row of letters for each item, one of them to choose.
import { MARKS } from "./answer-cards.js";
import { fill } from "./maths.js";
import { make } from "./make.js";

export function match(root, question, { answer, typed }) {
  root.className = "answers match";
  const open = question.given === null, like = JSON.stringify([question.ask, ...[...question.items, ...question.options].map((each) => each.text)]);
  if (root.__like !== like) { root.__like = like; root.__before = null; root.replaceChildren(make("ul", "choices"), make("div", "items")); }
  const [list, items] = root.children, texts = new Map(question.options.map((option) => [option.letter, option.text]));
  if (!open) root.__before = question.given; // who tries again goes on with what they had
  const chosen = question.given ?? typed.get() ?? root.__before ?? {};
  question.options.forEach((option, i) => {
    const row = list.children[i] ?? list.appendChild((() => { const li = make("li"); li.append(make("b"), make("span")); return li; })());
    row.firstChild.textContent = option.letter; fill(row.lastChild, option.text);
  });
  question.items.forEach((item, i) => {
    const row = items.children[i] ?? items.appendChild(newItem(question, item, (letter) => {
      const now = { ...root.__chosen, [item.letter]: letter };
      root.__type(now);
    }));
    const [name, letters, says] = row.children, state = open ? "open" : item.state, letter = chosen[item.letter];
    row.className = `item ${state}`;
    fill(name.lastChild, item.text);
    for (const label of letters.children) {
      const input = label.firstChild, belongs = item.belongs === input.value;
      input.checked = input.value === letter; input.disabled = !open;
      label.className = belongs ? "belongs" : ""; label.hidden = !open && !input.checked && !belongs;
    }
    says.textContent = { right: `${MARKS.right} right`, wrong: `${MARKS.wrong} it is ${item.belongs}`, chosen: "chosen" }[state] ?? "";
  });
  root.__chosen = chosen;
  root.__type = (now) => { typed.set(now); match(root, question, { answer, typed }); };
  let send = root.querySelector(":scope > .send");
  if (!open) { send?.remove(); return; }
  send ??= items.insertAdjacentElement("afterend", Object.assign(make("button", "send"), { type: "button" }));
  const left = question.items.filter((item) => !texts.has(chosen[item.letter])).length;
  send.disabled = left > 0; send.textContent = left ? `${left} of ${question.items.length} left` : `Answer ${question.items.map((item) => item.letter + chosen[item.letter]).join(", ")}`;
  send.onclick = () => answer(chosen);
}

function newItem(question, item, choose) {
  const row = make("div", "item"), name = make("p"), letters = make("div", "letters"), says = make("i");
  name.id = `match-${question.id}-${item.letter}`; name.append(make("b", "", `${item.letter}.`), make("span"));
  letters.setAttribute("role", "radiogroup"); letters.setAttribute("aria-labelledby", name.id);
  for (const option of question.options) {
    const label = make("label"), input = Object.assign(make("input"), { type: "radio", name: `match-${question.id}-${item.letter}`, value: option.letter });
    input.onchange = () => choose(option.letter);
    label.append(input, make("span", "", option.letter));
    letters.append(label);
  }
  row.append(name, letters, says);
  return row;
}
