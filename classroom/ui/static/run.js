// A run of the lab: its picture is asked for again and again while it grows; the reader pauses it, stops it and begins it anew.
import { addressOf, decode, keepFrame } from "./frames.js";
import { make } from "./make.js";

const FOLLOWER = Array.from(crypto.getRandomValues(new Uint8Array(12)), (n) => n.toString(16).padStart(2, "0")).join("");
const ACTIVE = ["waiting", "training", "paused"];
const FAILURES = 3, AGAIN = 800; // a connection may drop for a moment; milliseconds until it is tried again
const ORDINAL = (n) => `${n}${{ 1: "st", 2: "nd", 3: "rd" }[n % 100 > 10 && n % 100 < 14 ? 0 : n % 10] ?? "th"}`;

// Follow the run of a picture until it is over. show(frame) is called for every new picture, tell(run) for every change; both not
// after leave(). Whoever stops asking has left: the server ends a run that nobody follows.
export function followRun(wanted, { anew = false, paused = false, show, tell }) {
  const run = { state: "waiting", place: 0, done: 0 };
  let left = false, asking = new AbortController();
  const tellAll = (news) => { Object.assign(run, news); if (!left) tell(run); };
  const repeat = () => { const before = asking; asking = new AbortController(); before.abort(); };
  const follow = async () => {
    let seen = 0, shown = 0, failures = 0, begins = anew;
    while (!left) {
      const address = addressOf(wanted, "", "run"), mine = asking;
      for (const [name, value] of Object.entries({ follower: FOLLOWER, seen, ...(paused && { paused: 1 }), ...(begins && { anew: 1 }) })) address.searchParams.set(`_${name}`, value);
      try {
        const reply = await fetch(address, { signal: mine.signal });
        if (!reply.ok) throw new Error((await reply.text()).slice(0, 200) || `the server answered ${reply.status}`);
        const said = JSON.parse(reply.headers.get("X-Run")), bytes = new Uint8Array(await reply.arrayBuffer()), over = said.state === "over" || said.state === "none";
        if (left) return;
        if (bytes.length && (over || said.version !== shown)) { const frame = decode(bytes); if (over) keepFrame(wanted, frame); show(frame); shown = said.version; }
        tellAll(said);
        if (!ACTIVE.includes(said.state)) return;
        seen = said.version; begins = false; failures = 0;
      } catch (error) {
        if (left) return;
        if (error.name === "AbortError") continue; // paused or gone on with: asked anew at once
        if (!(error instanceof TypeError) || (failures += 1) >= FAILURES) { tellAll({ state: "failed", fault: error.message }); return; }
        await new Promise((done) => setTimeout(done, AGAIN));
      }
    }
  };
  return {
    over: follow(),
    pause(yes) { paused = yes; repeat(); },
    leave() { left = true; asking.abort(); },
    stop() { tellAll({ state: "stopped" }); this.quit(); },
    quit() { // leave, and say so
      left = true; asking.abort();
      const address = addressOf(wanted, "", "run");
      for (const [name, value] of [["_follower", FOLLOWER], ["_seen", 0], ["_leave", 1]]) address.searchParams.set(name, value);
      fetch(address).catch(() => {}); // unheard, the server notices all the same, later
    },
  };
}

// The row below such a picture: how far the run is, and what may be done about it.
export function runRow(act) {
  const row = make("div", "run"), bar = make("progress"), says = make("span", "says"), first = make("button", "plain"), stop = make("button", "plain", "Stop");
  bar.max = 1; bar.setAttribute("aria-label", "Training");
  says.setAttribute("role", "status");
  for (const button of [first, stop]) button.type = "button";
  row.append(bar, says, first, stop);
  stop.onclick = () => { act("stop"); first.focus({ preventScroll: true }); };
  first.onclick = () => act(row.__does);
  row.show = (run) => {
    const active = ACTIVE.includes(run.state), share = Math.round(100 * (run.done ?? 0));
    row.dataset.run = run.state; row.hidden = run.state === "none";
    bar.hidden = !["training", "paused", "stopped"].includes(run.state); bar.value = run.done ?? 0;
    stop.hidden = !active;
    row.__does = { training: "pause", waiting: "pause", paused: "go on" }[run.state] ?? "again";
    first.textContent = { pause: "Pause", "go on": "Go on", again: run.state === "over" ? "Train it again" : "Start again" }[row.__does];
    first.hidden = run.state === "waiting";
    const words = {
      waiting: run.place ? `waits for its turn, ${ORDINAL(run.place)} in the queue` : "begins",
      training: run.done ? `trains, ${Math.max(1, Math.ceil(run.left ?? 1))} s left` : "trains",
      paused: `paused at ${share} %`, stopped: `stopped at ${share} %`, failed: `The run broke off: ${run.fault}.`,
    }[run.state] ?? "";
    if (says.textContent !== words) says.textContent = words;
  };
  return row;
}
