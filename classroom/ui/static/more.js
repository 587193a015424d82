// The row of buttons below a slide. Each asks the page for one thing, which opens over the slide.
export function mountMore({ data, setTriggerValue, parentElement: root }) {
  const row = root.querySelector(".more");
  while (row.childElementCount > data.items.length) row.lastChild.remove();
  data.items.forEach((item, i) => {
    const button = row.children[i] ?? row.appendChild(Object.assign(document.createElement("button"), { type: "button" }));
    button.className = item.kind; button.dataset.opens = item.opens; button.setAttribute("aria-haspopup", "dialog");
    if (button.textContent !== item.label) button.textContent = item.label;
    button.onclick = () => setTriggerValue("open", item.opens);
  });
}
