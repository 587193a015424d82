// What is typed or picked at a question and not sent yet: this tab keeps it, so that neither a turn nor a reload loses it.
import { KEY } from "./deck.js";

const AT = `${KEY}.drafts`, NONE = { drafts: {}, sure: {} };
let kept = read();

function read() {
  try { return { ...structuredClone(NONE), ...JSON.parse(sessionStorage.getItem(AT)) }; } catch { return structuredClone(NONE); } // none, or no storage
}

function write() {
  try { sessionStorage.setItem(AT, JSON.stringify(kept)); } catch { /* full or refused: then a reload loses it */ }
}

export function forgetDrafts() { kept = structuredClone(NONE); write(); }

// What of a question makes a draft fit it: another variant, or another form of it, begins anew.
const formOf = (question) => JSON.stringify([question.type, question.ask, question.points, question.shape, question.names, ...["options", "items"].flatMap((part) => (question[part] ?? []).map(({ letter, text }) => letter + text).sort())]);

// The draft of a question: any JSON value that its form understands.
export function draftOf(question) {
  const form = formOf(question), found = () => (kept.drafts[question.id]?.form === form ? kept.drafts[question.id].value : undefined);
  return {
    get: found,
    set(value) { kept.drafts[question.id] = { form, value }; write(); },
    forget() { delete kept.drafts[question.id]; write(); },
  };
}

// How sure the reader says to be, before the answer.
export function surenessOf({ id }) {
  return {
    get: () => kept.sure[id],
    set(share) { if (share === undefined) delete kept.sure[id]; else kept.sure[id] = share; write(); },
  };
}
