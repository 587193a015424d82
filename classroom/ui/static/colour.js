// Colours live in CSS variables; canvases and Plotly need numbers. Resolved once a theme, inside the app (its color-scheme decides).
const cache = new Map();

// Asking for a computed style makes the browser lay the page out at once; so the theme is asked for when it may have
// changed (Streamlit gives the app another class) and not at every picture.
let theme = null;
new MutationObserver(() => { theme = null; }).observe(document.querySelector('[data-testid="stApp"]') ?? document.body, { attributes: true, attributeFilter: ["class", "style"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { theme = null; });

export const themeOf = (element) => (theme ??= getComputedStyle(element).colorScheme || "light");

// Popovers and dialogs stand outside the app's element: hand its theme on to the whole document.
export function adoptTheme(element) {
  const theme = themeOf(element), document_ = document.documentElement.style;
  if (document_.colorScheme !== theme) document_.colorScheme = theme;
}

function resolver(element) {
  const theme = themeOf(element);
  if (!cache.has(theme)) cache.set(theme, new Map());
  const known = cache.get(theme);
  const probe = document.createElement("span");
  element.append(probe);
  return {
    get(name) {
      if (!known.has(name)) { probe.style.color = `var(--${name})`; known.set(name, getComputedStyle(probe).color); }
      return known.get(name);
    },
    done() { probe.remove(); },
  };
}

export function colours(element, names) {
  const r = resolver(element);
  const found = Object.fromEntries(names.map((n) => [n, r.get(n)]));
  r.done();
  return found;
}

const channels = (css) => css.match(/[\d.]+/g).slice(0, 3).map(Number);
const STOPS = { diverging: 9, sequential: 5 };

// 256 packed RGBA values: 0..254 along the scale, 255 for "no number" (transparent).
export function lookup(element, kind) {
  const theme = themeOf(element), key = `lut ${kind}`;
  if (!cache.has(theme)) cache.set(theme, new Map());
  const known = cache.get(theme);
  if (known.has(key)) return known.get(key);
  const n = STOPS[kind], r = resolver(element);
  const stops = Array.from({ length: n }, (_, i) => channels(r.get(`${kind}-${i}`)));
  r.done();
  const lut = new Uint32Array(256);
  for (let i = 0; i < 255; i++) {
    const at = (i / 254) * (n - 1), low = Math.min(n - 2, Math.floor(at)), t = at - low;
    const [red, green, blue] = stops[low].map((c, j) => Math.round(c + t * (stops[low + 1][j] - c)));
    lut[i] = (255 << 24) | (blue << 16) | (green << 8) | red;
  }
  known.set(key, lut);
  return lut;
}

// Replace every "var(--name)" inside a Plotly figure by its present colour.
export function resolved(element, value) {
  const r = resolver(element);
  const walk = (v) => {
    if (typeof v === "string") return v.includes("var(--") ? v.replace(/var\(--([\w-]+)\)/g, (_, n) => r.get(n)) : v;
    if (Array.isArray(v)) return v.map(walk);
    if (v && typeof v === "object" && !ArrayBuffer.isView(v)) return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, walk(x)]));
    return v;
  };
  const out = walk(value);
  r.done();
  return out;
}
