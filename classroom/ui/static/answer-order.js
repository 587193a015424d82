// Options to be put in order: by buttons, by arrow keys, or by dragging a handle.
import { MARKS } from "./answer-cards.js";
import { fill } from "./maths.js";
import { make } from "./make.js";

export function order(root, question, { answer, typed }) {
  root.className = "answers order";
  const open = question.given === null, options = new Map(question.options.map((option) => [option.letter, option]));
  const like = JSON.stringify([question.ask, ...[...options.values()].map((option) => option.text).sort()]);
  if (root.__like !== like) { root.__like = like; root.__before = null; root.replaceChildren(make("ol", "ranks"), live()); }
  if (!open) root.__before = question.given; // who tries again goes on with the order that they had
  const letters = question.given ?? typed.get() ?? root.__before ?? [...options.keys()];
  const list = root.querySelector(":scope > .ranks");
  for (const letter of letters) if (!rowOf(list, letter)) list.append(newRow(letter));
  const paint = () => {
    const now = [...list.children];
    now.forEach((row, i) => {
      const option = options.get(row.dataset.letter), [number, grip, text, says, moves] = row.children, state = open ? "open" : option.state;
      row.className = `rank ${state}`;
      number.textContent = `${i + 1}.`; fill(text, option.text);
      says.textContent = { right: `${MARKS.right} right place`, wrong: `${MARKS.wrong} belongs at ${option.belongs}` }[state] ?? "";
      moves.hidden = !open;
      for (const [button, last] of [[moves.firstChild, 0], [moves.lastChild, now.length - 1]]) button.setAttribute("aria-disabled", String(i === last));
    });
    let send = root.querySelector(":scope > .send");
    if (!open) { send?.remove(); return; }
    send ??= root.insertBefore(Object.assign(make("button", "send"), { type: "button" }), root.querySelector(":scope > .sr-only"));
    const moved = typed.get() !== undefined, placed = now.map((row) => row.dataset.letter);
    send.disabled = !moved; send.textContent = moved ? `Answer ${placed.join(", ")}` : "Put them in order";
    send.onclick = () => answer(placed);
  };
  // Whatever moves, the row that the reader holds stays in the document: it keeps focus and pointer.
  root.__move = (row, to) => {
    const rows = [...list.children].filter((each) => each !== row);
    if (to < 0 || to > rows.length || list.children[to] === row) return;
    arrange(list, row, rows, to);
    typed.set([...list.children].map((each) => each.dataset.letter));
    paint();
    root.querySelector(":scope > .sr-only").textContent = `${row.dataset.letter} is now ${to + 1} of ${rows.length + 1}.`;
  };
  root.__open = open;
  const first = rowOf(list, letters[0]);
  arrange(list, first, letters.slice(1).map((letter) => rowOf(list, letter)), 0);
  paint();
  list.onkeydown = (e) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[e.key], row = e.target.closest(".rank");
    if (!step || !open || !row || e.ctrlKey || e.altKey || e.metaKey) return;
    e.preventDefault();
    root.__move(row, [...list.children].indexOf(row) + step);
  };
  list.onpointerdown = (e) => { if (open) drag(root, list, e); };
}

const rowOf = (list, letter) => list.querySelector(`:scope > [data-letter="${letter}"]`);

function live() {
  const p = make("p", "sr-only");
  p.setAttribute("aria-live", "polite");
  return p;
}

function arrange(list, row, others, at) {
  for (const other of others.slice(0, at)) list.insertBefore(other, row);
  for (const other of others.slice(at)) list.append(other);
}

function newRow(letter) {
  const row = make("li", "rank"), number = make("em"), moves = make("div", "moves");
  row.dataset.letter = letter;
  for (const [sign, way, step] of [["↑", "up", -1], ["↓", "down", 1]]) {
    const button = Object.assign(make("button", "", sign), { type: "button" });
    button.setAttribute("aria-label", `Move ${letter} ${way}`);
    button.onclick = () => { const list = row.parentElement; list.parentElement.__move(row, [...list.children].indexOf(row) + step); };
    moves.append(button);
  }
  number.setAttribute("aria-hidden", "true");
  row.append(number, make("b", "grip", letter), make("span"), make("i"), moves);
  // A finger on the letter drags it; it neither scrolls the page nor turns the slide.
  row.querySelector(".grip").addEventListener("touchstart", (e) => { if (row.parentElement.parentElement.__open) e.stopPropagation(); }, { passive: true });
  return row;
}

function drag(root, list, down) {
  const row = down.target.closest(".rank");
  if (!row || down.button || down.target.closest("button") || (down.pointerType !== "mouse" && !down.target.closest(".grip"))) return;
  down.preventDefault(); // no text is selected
  const held = down.clientY - row.getBoundingClientRect().top;
  const move = (e) => {
    if (e.pointerId !== down.pointerId) return;
    row.style.transform = "";
    const middle = e.clientY - held + row.offsetHeight / 2;
    const to = [...list.children].filter((each) => { const box = each.getBoundingClientRect(); return each !== row && box.top + box.height / 2 < middle; }).length;
    root.__move(row, to);
    row.dataset.held = "";
    row.style.transform = `translateY(${e.clientY - held - row.getBoundingClientRect().top}px)`;
  };
  const drop = (e) => {
    if (e.pointerId !== down.pointerId) return;
    delete row.dataset.held;
    row.style.transform = "";
    for (const [kind, listener] of [["pointermove", move], ["pointerup", drop], ["pointercancel", drop]]) list.removeEventListener(kind, listener);
  };
  list.setPointerCapture(down.pointerId);
  for (const [kind, listener] of [["pointermove", move], ["pointerup", drop], ["pointercancel", drop]]) list.addEventListener(kind, listener);
}
