// A picture as it stands on the screen, turned into SVG: canvases become images, words stay words, boxes become shapes.
import { colours, resolved } from "./colour.js";

const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
const escaped = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
const n = (value) => +value.toFixed(2);
const SIDES = ["Top", "Right", "Bottom", "Left"];

const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
const inks = new Map(); // any CSS colour -> what every reader of SVG knows

function ink(css) {
  if (!inks.has(css)) {
    pen.clearRect(0, 0, 1, 1); pen.fillStyle = css; pen.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
    inks.set(css, a && { colour: `#${[r, g, b].map((v) => v.toString(16).padStart(2, "0")).join("")}`, opacity: n(a / 255) });
  }
  return inks.get(css);
}

const painted = (of, { colour, opacity }) => `${of}="${colour}"${opacity < 1 ? ` ${of}-opacity="${opacity}"` : ""}`;
const rect = (x, y, width, height, more) => `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" ${more}/>`;
const frame = (box, by, width, radius, colour) =>
  rect(box.left - by, box.top - by, box.width + 2 * by, box.height + 2 * by, `fill="none" ${painted("stroke", colour)} stroke-width="${n(width)}" rx="${n(Math.max(0, radius + by))}"`);

// A box's background, shadow and borders. A transformed box is drawn where it came to lie: `by` says how far it is stretched.
function surface(out, style, box, by) {
  const radius = parseFloat(style.borderTopLeftRadius) || 0, fill = ink(style.backgroundColor), ramp = style.backgroundImage.match(/^linear-gradient\(90deg, ((?!.*gradient).*)\)$/); // several are the shades of a table that scrolls
  if (fill) out.body.push(rect(box.left, box.top, box.width, box.height, `${painted("fill", fill)} rx="${n(radius)}"`));
  if (ramp) {
    const stops = ramp[1].match(/[\w-]+\([^)]*\)|#\w+/g), id = `ramp${out.ramps.length}`;
    out.ramps.push(`<linearGradient id="${id}">${stops.map((stop, i) => `<stop offset="${n(i / (stops.length - 1))}" ${painted("stop-color", ink(stop)).replace("stop-color-opacity", "stop-opacity")}/>`).join("")}</linearGradient>`);
    out.body.push(rect(box.left, box.top, box.width, box.height, `fill="url(#${id})"`));
  }
  const shadow = style.boxShadow.match(/^(.*\)) 0px 0px 0px ([\d.]+)px inset$/);
  if (shadow) out.body.push(frame(box, -shadow[2] / 2, +shadow[2], radius, ink(shadow[1])));
  const sides = SIDES.map((side, i) => ({ side, kind: style[`border${side}Style`], width: (parseFloat(style[`border${side}Width`]) || 0) * (i % 2 ? by.x : by.y), colour: ink(style[`border${side}Color`]) }))
    .filter(({ kind, width, colour }) => kind !== "none" && width && colour);
  if (sides.length === 4 && radius) out.body.push(frame(box, -sides[0].width / 2, sides[0].width, radius, sides[0].colour).replace("/>", `${dashes(sides[0])}/>`));
  else for (const side of sides) out.body.push(edge(side, box));
}

const dashes = ({ kind, width }) => ({ dashed: ` stroke-dasharray="${n(3 * width)} ${n(2 * width)}"`, dotted: ` stroke-dasharray="0 ${n(2 * width)}" stroke-dashoffset="${n(-width / 2)}" stroke-linecap="round"` })[kind] ?? "";

function edge({ side, kind, width, colour }, { left, top, right, bottom }) {
  const half = width / 2, [x1, y1, x2, y2] = { Top: [left, top + half, right, top + half], Bottom: [left, bottom - half, right, bottom - half], Left: [left + half, top, left + half, bottom], Right: [right - half, top, right - half, bottom] }[side];
  return `<path d="M${n(x1)} ${n(y1)}L${n(x2)} ${n(y2)}" ${painted("stroke", colour)} stroke-width="${n(width)}"${dashes({ kind, width })}/>`;
}

const moved = (box, by) => new DOMRect(box.left - by.x, box.top - by.y, box.width, box.height);

function element(out, e) {
  const style = getComputedStyle(e), box = moved(e.getBoundingClientRect(), out.origin);
  if (style.display === "none" || style.visibility === "hidden" || style.clipPath.startsWith("inset")) return;
  const start = out.body.length, cuts = style.overflowX !== "visible" && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1);
  surface(out, style, box, { x: e.offsetWidth ? box.width / e.offsetWidth : 1, y: e.offsetHeight ? box.height / e.offsetHeight : 1 });
  beside(out, e, "::before", box);
  if (e instanceof HTMLCanvasElement) out.body.push(image(e, style, box));
  else if (e instanceof SVGSVGElement) out.body.push(copied(e, style, box));
  else for (const child of e.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) words(out, child);
    else if (child.nodeType === Node.ELEMENT_NODE) element(out, child);
  }
  beside(out, e, "::after", box);
  const outline = style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth), colour = outline && ink(style.outlineColor);
  if (colour && e !== document.activeElement) out.body.push(frame(box, parseFloat(style.outlineOffset) + outline / 2, outline, 0, colour));
  const clip = cuts ? ` clip-path="url(#cut${out.ramps.length})"` : "", opacity = style.opacity < 1 ? ` opacity="${style.opacity}"` : "";
  if (cuts) out.ramps.push(`<clipPath id="cut${out.ramps.length}">${rect(box.left, box.top, box.width, box.height, "")}</clipPath>`);
  if (clip || opacity) { out.body.splice(start, 0, `<g${clip}${opacity}>`); out.body.push("</g>"); }
}

// What a style sheet puts before or after an element, if it has a place of its own there.
function beside(out, e, which, around) {
  const style = getComputedStyle(e, which), px = (name) => parseFloat(style[name]) || 0;
  if (["none", "normal"].includes(style.content) || style.position !== "absolute") return;
  const more = style.boxSizing === "border-box" ? [0, 0] : [px("borderLeftWidth") + px("borderRightWidth"), px("borderTopWidth") + px("borderBottomWidth")];
  const box = new DOMRect(around.left + e.clientLeft + px("left"), around.top + e.clientTop + px("top"), px("width") + more[0], px("height") + more[1]);
  surface(out, style, box, { x: 1, y: 1 });
  const text = style.content.match(/^"(.+)"$/)?.[1];
  if (text) out.body.push(line(style, text, box));
}

function image(canvas, style, box) {
  if (!canvas.width || !canvas.height) return "";
  return `<image x="${n(box.left)}" y="${n(box.top)}" width="${n(box.width)}" height="${n(box.height)}" preserveAspectRatio="none" style="image-rendering:${style.imageRendering}" href="${canvas.toDataURL()}"/>`;
}

// A chart or a plot is SVG already; what only answers the pointer is left out.
function copied(e, style, box) {
  const copy = e.cloneNode(true);
  copy.querySelectorAll(".draglayer,.hoverlayer,.zoomlayer").forEach((layer) => layer.remove());
  for (const [name, value] of Object.entries({ x: n(box.left), y: n(box.top), width: n(box.width), height: n(box.height) })) copy.setAttribute(name, value);
  copy.style.fontFamily = style.fontFamily; copy.style.fill = style.fill; // a root's sign has the ink of its formula
  copy.querySelectorAll('[style*="vector-effect"]').forEach((line) => { line.style.vectorEffect = ""; }); // lines grow with the picture
  return resolved(e.parentElement, new XMLSerializer().serializeToString(copy));
}

const letters = new Intl.Segmenter(); // an x with a hat is one

// A text, line by line as it was broken.
function words(out, node) {
  if (!node.data.trim()) return;
  const range = document.createRange(), style = getComputedStyle(node.parentElement), lines = [];
  for (const { segment: letter, index } of letters.segment(node.data)) {
    range.setStart(node, index); range.setEnd(node, index + letter.length);
    const box = range.getClientRects()[0], last = lines.at(-1), blank = !letter.trim();
    if (!box?.width) continue;
    if (!last || Math.abs(box.top - last.box.top) > 2 || box.left < last.box.right - 2) { if (!blank) lines.push({ text: letter, gap: "", box: moved(box, { x: 0, y: 0 }) }); continue; }
    if (blank) { last.gap += letter; continue; }
    last.text += last.gap + letter; last.gap = "";
    last.box.width = Math.max(last.box.width, box.right - last.box.left);
  }
  for (const { text, box } of lines) out.body.push(line(style, text, moved(box, out.origin)));
}

function line(style, text, box) {
  const colour = ink(style.color), family = style.fontFamily.replaceAll('"', "'");
  pen.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = pen.measureText(text), weight = +style.fontWeight === 400 ? "" : ` font-weight="${style.fontWeight}"`;
  const slant = style.fontStyle === "normal" ? "" : ` font-style="${style.fontStyle}"`, long = text.length > 1 ? ` textLength="${n(box.width)}" lengthAdjust="spacingAndGlyphs"` : "";
  const y = box.top + (box.height * up) / (up + down || 1);
  return colour ? `<text x="${n(box.left)}" y="${n(y)}" ${painted("fill", colour)} font-size="${n(parseFloat(style.fontSize))}"${weight}${slant} font-family="${escaped(family)}" style="font-variant-numeric:${style.fontVariantNumeric};font-feature-settings:${style.fontFeatureSettings.replaceAll('"', "'")}"${long}>${escaped(text)}</text>` : "";
}

const urlOf = (blob) => new Promise((done) => { const reader = new FileReader(); reader.onload = () => done(reader.result); reader.readAsDataURL(blob); });
const plain = (family) => family.replaceAll('"', "");
const ofFormulas = ({ style }) => style.fontFamily.startsWith("KaTeX_");
const isInUse = ({ style }) => [...document.fonts].some((face) => face.status === "loaded" && plain(face.family) === plain(style.fontFamily) && face.style === (style.fontStyle || "normal") && face.weight === style.fontWeight);

// The faces that the words of a picture are set in, as a style sheet that fetches nothing.
async function faces(svg, wanted) {
  const sheets = [...document.styleSheets].filter((sheet) => !sheet.href || sheet.href.startsWith(location.origin));
  const rules = sheets.flatMap((sheet) => [...sheet.cssRules]).filter((rule) => rule instanceof CSSFontFaceRule && svg.includes(plain(rule.style.fontFamily)) && isInUse(rule) && wanted(rule));
  const texts = rules.map(async (rule) => {
    const [, address] = rule.cssText.match(/url\("?([^")]+)"?\)/), base = rule.parentStyleSheet.href ?? document.baseURI;
    return rule.cssText.replace(address, await urlOf(await (await fetch(new URL(address, base))).blob()));
  });
  return `<style>${(await Promise.all(texts)).join("")}</style>`;
}

// The picture as SVG; its title and its words stand in it. Words find a face wherever they are opened; a formula's signs bring theirs along.
export async function drawing(figure, title, said) {
  const margin = rem(), box = figure.getBoundingClientRect(), width = n(box.width + 2 * margin), height = n(box.height + 2 * margin);
  const out = { origin: { x: box.left - margin, y: box.top - margin }, ramps: [], body: [] };
  element(out, figure);
  const paper = rect(0, 0, width, height, painted("fill", ink(colours(figure, ["paper"]).paper))), body = out.body.join("\n");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img"><title>${escaped(title)}</title><desc>${escaped(said)}</desc><defs>${await faces(body, ofFormulas)}${out.ramps.join("")}</defs>${paper}${body}</svg>`;
}

// The SVG as PNG, with twice as many pixels along each side. An image sees nothing of the page: the faces of its words go with it too.
export async function raster(svg, by = 2) {
  const image = new Image(), canvas = document.createElement("canvas"), style = await faces(svg, (rule) => !ofFormulas(rule));
  image.src = await urlOf(new Blob([svg.replace("<defs>", `<defs>${style}`)], { type: "image/svg+xml" }));
  await image.decode();
  Object.assign(canvas, { width: image.width * by, height: image.height * by });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, failed) => canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("the picture is too large for a PNG"))), "image/png"));
}
