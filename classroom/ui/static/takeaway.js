// What a reader takes away from a picture: its address, a script, its arrays, itself; and below its words, its numbers.
import { addressOf } from "./frames.js";

const REST = 200; // milliseconds without a new picture, after which its numbers are asked for: a drag asks for none
const make = (tag, text = "", more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more });

// Below a picture: two lines that open.
export const AFTER = `<div class="after"><details class="words"><summary>The picture in words</summary><p aria-live="polite"></p><div class="numbers"></div></details>
<details class="take"><summary>Take away</summary><div class="ways" role="group" aria-label="Take away"></div><div class="by-hand"></div><p role="status"></p></details><a class="to-explorer" hidden>Explore it</a></div>`;

// Slides have their address at the deck, wherever they are shown; another page has its own.
export function linkTo({ page = "./", slide, set }) {
  const url = new URL(page, document.baseURI);
  if (slide) url.searchParams.set("slide", slide);
  for (const [name, value] of Object.entries(set)) url.searchParams.set(name, String(value));
  return url.href;
}

async function fetched({ exhibit, header }, part) {
  const reply = await fetch(addressOf({ exhibit, state: header.state }, part));
  if (!reply.ok) throw new Error((await reply.text()).slice(0, 200) || `the server answered ${reply.status}`);
  return reply;
}

// A promise in the clipboard's hands: some browsers forget the click while a text is on its way.
async function copy(root, coming, say) {
  const blob = coming.then((text) => new Blob([text], { type: "text/plain" }));
  blob.catch(() => {}); // told below
  const copied = await navigator.clipboard?.write([new ClipboardItem({ "text/plain": blob })]).then(() => true, () => false);
  const text = await coming;
  if (copied) return say(text);
  const field = make("textarea", text, { readOnly: true, rows: Math.min(8, text.split("\n").length) });
  field.setAttribute("aria-label", "To copy by hand");
  root.querySelector(".by-hand").replaceChildren(field);
  field.focus(); field.select();
  return "This browser lets no page copy: here it is, chosen, to copy by hand.";
}

function save(blob, name) {
  const link = make("a", "", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return `Saved: ${name}.`;
}

function nameOf({ exhibit, header }) {
  const settings = Object.entries(exhibit ? header.state : {}).map(([name, value]) => (typeof value === "number" ? `${name}${value}` : value)).filter(Boolean);
  return [header.exhibit, ...settings].join("-").replace(/[^\p{L}\p{N}_.-]+/gu, "_").slice(0, 100);
}

const drawn = async (root, { header }) => {
  const figure = root.querySelector(".picture"), { drawing } = await import("./drawing.js");
  await Promise.all([...figure.children].map((panel) => panel.drawn)); // Plotly draws later than it is told to
  return drawing(figure, header.title, header.alt);
};

const WAYS = [
  { name: "Copy link", go: (root, taken) => copy(root, Promise.resolve(linkTo(taken)), () => "Link copied.") },
  { name: "Copy as Python", served: true, go: (root, taken) => copy(root, fetched(taken, "/code").then((r) => r.text()), (text) => `Copied: ${text.trim().split("\n").length} lines of Python.`) },
  { name: "Arrays (.npz)", served: true, go: async (root, taken) => save(await (await fetched(taken, "/arrays")).blob(), `${taken.exhibit}.npz`) },
  { name: "Picture (SVG)", go: async (root, taken) => save(new Blob([await drawn(root, taken)], { type: "image/svg+xml" }), `${nameOf(taken)}.svg`) },
  { name: "Picture (PNG)", go: async (root, taken) => save(await (await import("./drawing.js")).raster(await drawn(root, taken)), `${nameOf(taken)}.png`) },
];

// Let the lines below a picture open. present() tells what there is to take: {header, exhibit, slide, page, set}, or nothing yet;
// `set` are the settings of the controls, which may be ahead of the header's; a picture without `exhibit` is no address's.
export function offer(root, present) {
  const words = root.querySelector(".words"), take = root.querySelector(".take");
  root.__present = present;
  words.addEventListener("toggle", () => follow(root, 0));
  take.addEventListener("toggle", () => {
    const ways = take.querySelector(".ways");
    if (!take.open || ways.childElementCount) return;
    for (const way of WAYS) {
      if (way.served && !present()?.exhibit) continue;
      ways.append(make("button", way.name, { type: "button", onclick: () => run(root, way) }));
    }
  });
}

async function run(root, way) {
  const says = root.querySelector(".take [role=status]"), taken = root.__present();
  says.textContent = "";
  root.querySelector(".by-hand").replaceChildren();
  try {
    says.textContent = taken ? await way.go(root, taken) : "There is no picture yet.";
  } catch (error) {
    says.textContent = `That did not work: ${error.message}.`;
  }
}

// A new picture is there: its numbers follow as soon as it rests, if somebody reads them.
export function follow(root, rest = REST) {
  clearTimeout(root.__rests);
  const taken = root.__present?.();
  if (!taken?.exhibit || !root.querySelector(".words").open || root.__numbered === taken.header) return;
  root.__rests = setTimeout(async () => {
    const lines = await fetched(taken, "/table").then(async (reply) => (await reply.json()).lines, () => null); // the words are there
    if (lines && root.__present()?.header === taken.header) { root.__numbered = taken.header; number(root, lines); }
  }, rest);
}

const heading = (text, scope) => make("th", text, { scope });

function number(root, lines) {
  const table = make("table"), head = table.createTHead().insertRow(), body = table.createTBody(), place = root.querySelector(".numbers");
  table.prepend(make("caption", "The numbers of the picture"));
  head.append(...["name", "shape", "mean", "standard deviation", "least", "largest"].map((text) => heading(text, "col")));
  for (const { name, shape, numbers } of lines) {
    const row = body.insertRow();
    row.append(heading(name, "row"), make("td", shape), ...numbers.map((text) => make("td", text)));
    if (numbers.length === 1) row.lastChild.colSpan = 4;
  }
  if (!place.childElementCount) {
    place.append(make("div", "", { className: "table", tabIndex: 0 }));
    place.firstChild.setAttribute("role", "region"); place.firstChild.setAttribute("aria-label", "The numbers of the picture");
  }
  place.firstChild.replaceChildren(table);
}
