// What the reader answered and set outlives a reload: kept in this tab alone, handed back to a session that knows nothing yet.
import { deck, KEY } from "./deck.js";

export function mountKeep({ data, setTriggerValue, parentElement: root }) {
  let kept = null;
  try { kept = sessionStorage.getItem(KEY); } catch { return; } // a browser may refuse storage: then nothing is kept
  if (data.fresh && kept && !root.__handed) {
    root.__handed = true;
    setTriggerValue("kept", kept); // a trigger: a second session may be lost with the same things kept
  } else if (!data.fresh || !kept) {
    root.__handed = false;
    sessionStorage.setItem(KEY, JSON.stringify(data.keepsake));
    deck.kept = !data.fresh;
  }
}
