// Pictures as the server sends them, kept: a setting that was seen once is free.
const KEPT = 96;
const frames = new Map(); // address -> the frame, and its coming

// A frame: what it is of, then the picture's header, each JSON after its length; then the arrays.
export function decode(raw) {
  const take = (bytes) => {
    const size = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
    return [JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size))), bytes.subarray(4 + size)];
  };
  const [address, rest] = take(raw), [header, bytes] = take(rest);
  return { header: { ...header, ...address }, bytes };
}

// What the server makes of an exhibit at its settings: its frame, or another part.
export const addressOf = ({ exhibit, state }, part = "", route = "exhibit") => {
  const query = new URLSearchParams(Object.entries(state).map(([k, v]) => [k, String(v)]));
  return new URL(`../api/${route}/${exhibit}${part}?${query}`, import.meta.url);
};

function room() { if (frames.size >= KEPT) frames.delete(frames.keys().next().value); }

export function fetchFrame(wanted) {
  const address = addressOf(wanted).href;
  if (!frames.has(address)) {
    room();
    const kept = { leave: new AbortController() };
    kept.coming = fetch(address, { signal: kept.leave.signal }).then(async (reply) => {
      if (!reply.ok) throw new Error((await reply.text()).slice(0, 200) || `the server answered ${reply.status}`);
      return (kept.frame = decode(new Uint8Array(await reply.arrayBuffer())));
    }).catch((error) => { frames.delete(address); throw error; });
    frames.set(address, kept);
  }
  return frames.get(address).coming;
}

// The frame of these settings if the browser has it.
export const frameAtHand = (wanted) => frames.get(addressOf(wanted).href)?.frame;

// Keep a frame that came in another way.
export function keepFrame(wanted, frame) {
  room();
  frames.set(addressOf(wanted).href, { leave: new AbortController(), frame, coming: Promise.resolve(frame) });
}

// Nobody waits for this frame any more: a run that has not begun never does.
export function dropFrame(wanted) {
  const kept = frames.get(addressOf(wanted).href);
  if (kept && !kept.frame) kept.leave.abort();
}
