// What the reader answered and set outlives a reload: kept in this tab alone, handed back to a session that knows nothing yet.
const KEY = "normalization-deck";

export function mountKeep({ data, setStateValue, parentElement: root }) {
  let kept = null;
  try { kept = sessionStorage.getItem(KEY); } catch { return; } // a browser may refuse storage: then nothing is kept
  if (data.fresh && kept && !root.__handed) {
    root.__handed = true;
    setStateValue("kept", kept);
  } else if (!data.fresh || !kept) {
    sessionStorage.setItem(KEY, JSON.stringify(data.keepsake));
  }
}
