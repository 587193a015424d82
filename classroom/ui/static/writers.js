// Controls whose value is no number and no choice: a reader's file, a painted gradient. Each returns {holder, write}.
const make = (tag, cls, text = "") => Object.assign(document.createElement(tag), { className: cls, textContent: text });
const LARGEST = 4_000_000; // bytes: classroom/explorer/uploads.py; here, so that nothing is sent in vain
const ENDINGS = ".png,.jpg,.jpeg,.webp,.gif,.npy,.csv,.tsv,.txt";

function file({ id, control, tell }) {
  const holder = make("div", "control writer"), input = document.createElement("input"), label = make("label", "plain", "Open a file…"), said = make("p", "said", "A picture, a .npy array or a CSV table, at most 4 MB. It stays on this server, in memory.");
  Object.assign(input, { type: "file", id, accept: ENDINGS, className: "sr-only" });
  label.htmlFor = id; said.setAttribute("role", "status");
  const say = (text, bad = false) => { said.textContent = text; said.classList.toggle("bad", bad); };
  let last = null;
  const send = async (chosen) => {
    last = chosen;
    const late = () => last !== chosen; // another file has been opened meanwhile
    if (chosen.size > LARGEST) { say(`${chosen.name}: must be at most 4 MB, got ${(chosen.size / 1e6).toFixed(1)} MB. Make it smaller.`, true); return; }
    say(`Reading ${chosen.name}…`);
    try {
      const address = new URL("../api/tensor", import.meta.url);
      address.searchParams.set("name", chosen.name);
      const reply = await fetch(address, { method: "POST", body: chosen });
      const answer = await (reply.ok ? reply.json() : reply.text());
      if (late()) return;
      if (!reply.ok) { say(answer.slice(0, 400) || `The server answered ${reply.status}.`, true); return; }
      const { own, title, shape } = answer;
      say(`${title}: ${shape.join(" × ")} (samples × channels × rows × columns)`);
      tell({ [control.name]: own });
    } catch { if (!late()) say("The file did not reach the server. Is it still running?", true); }
  };
  input.addEventListener("change", () => { if (input.files[0]) send(input.files[0]); input.value = ""; });
  holder.addEventListener("dragover", (e) => { e.preventDefault(); holder.classList.add("over"); });
  holder.addEventListener("dragleave", () => holder.classList.remove("over"));
  holder.addEventListener("drop", (e) => { e.preventDefault(); holder.classList.remove("over"); if (e.dataTransfer.files[0]) send(e.dataTransfer.files[0]); });
  holder.append(input, label, said);
  return { holder, write: () => {} };
}

function paint({ control, tell }) {
  const holder = make("div", "control writer"), clear = make("button", "plain", "Clear"), said = make("p", "said", "Draw on the map of dy: once +1, again −1, again nothing. With the keyboard: arrow keys and space bar.");
  clear.type = "button";
  clear.addEventListener("click", () => tell({ [control.name]: "" }));
  holder.append(clear, said);
  return { holder, write: () => {} };
}

export const WRITERS = { file, paint };
