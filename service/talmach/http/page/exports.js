// What leaves the page: the translation as text, all that is known about it as JSON, both sides as a document.
import { assembled, FIELDS, fieldsOf } from "./contract.js";
import { make } from "./dom.js";
import { bare } from "./markup.js";

const ENDINGS = { TEXT: "txt", HTML: "html", MARKDOWN: "md" };
const TYPES = { TEXT: "text/plain", HTML: "text/html", MARKDOWN: "text/markdown" };
const STYLE = `
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; font: 1.0625rem/1.6 Charter, "PT Serif", Georgia, serif }
table { width: 100%; border-spacing: 0 } td { width: 50%; vertical-align: top; padding: .4rem 1.5rem .4rem 0 }
td:first-child { color: #666 } tr.headline { font-size: 1.4rem; font-weight: bold }`;

export function text(result) {
  return FIELDS.map((field) => fieldText(result, field))
    .filter(Boolean)
    .join("\n\n");
}

export const textFile = (result) => ({
  content: text(result),
  type: TYPES[result.format],
  ending: `${result.target}.${ENDINGS[result.format]}`,
});

// The contract's TranslateArticleResponse, put together from the stream.
export function jsonFile(result) {
  const { messages, header, trailer, summary, target } = result;
  const { segmentCount, complete, ...totals } = trailer ?? {};
  const [headline, lead, body] = FIELDS.map((field) => fieldText(result, field));
  const { segmentCount: expected, ...known } = header ?? {};
  const translation = { headline, lead, body, segments: messages, ...known, complete: Boolean(complete) };
  const content = JSON.stringify({ translation, ...(summary ? { summary } : {}), ...totals }, null, 2);
  return { content, type: "application/json", ending: `${target}.json` };
}

export function htmlFile({ article, segments, format, header, target }) {
  const title = segments.find((segment) => segment.field === "HEADLINE")?.target || "talmach";
  const table = make("table", {}, ...rows(article, segments, format, [header?.sourceLanguageCode || null, target]));
  const head = `<meta charset="utf-8">${make("title", {}, title).outerHTML}<style>${STYLE}</style>`;
  const content = `<!doctype html>\n<html lang="${target}"><head>${head}</head><body>${table.outerHTML}</body></html>\n`;
  return { content, type: "text/html", ending: `${target}.side-by-side.html` };
}

export function save({ content, type, ending }, name) {
  const address = URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }));
  make("a", { href: address, download: `${name}.${ending}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // the browser reads it after the click
}

export async function copy(content) {
  if (navigator.clipboard) return navigator.clipboard.writeText(content);
  // Only a page that came over TLS, or from this machine, has the clipboard.
  const area = make("textarea", { class: "unseen" });
  area.value = content;
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  if (!isDone) throw new Error("the browser did not copy");
}

function fieldText({ article, segments, trailer }, field) {
  const own = segments.filter((segment) => segment.field === field);
  return assembled(fieldsOf(article)[field], own, Boolean(trailer));
}

function* rows(article, segments, format, [source, target]) {
  const paragraphs = Map.groupBy(segments, (segment) => `${segment.field} ${segment.paragraph}`);
  for (const paragraph of paragraphs.values()) {
    const field = paragraph[0].field;
    const whole = fieldsOf(article)[field].slice(paragraph[0].start, paragraph.at(-1).end);
    const start = paragraph[0].start;
    const moved = paragraph.map((each) => ({ ...each, start: each.start - start, end: each.end - start }));
    yield make(
      "tr",
      { class: field.toLowerCase() },
      make("td", { lang: source }, bare(whole, format)),
      make("td", { lang: target }, bare(assembled(whole, moved, true), format)),
    );
  }
}
