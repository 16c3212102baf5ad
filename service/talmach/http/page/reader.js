// Source and translation side by side: one row for a paragraph, one span for a sentence in each half of it.
import { FIELDS, fieldsOf } from "./contract.js";
import { byId, make } from "./dom.js";
import { bare, shown } from "./markup.js";
import { doubtsOf, remarksOf } from "./notes.js";
import { words } from "./words.js";

const ROW_CHARS = 2_000; // a longer paragraph goes on in another row, or each sentence would cost a layout of all of it
const WAITING_CHARS = 2_000; // the same for the text that is not translated yet
const GAP_END_CHARS = 500; // before a sentence, that say what it stands in
const INLINE_TAGS = /(<(a|b|em|i|span|strong)\b[^>]*>\s*)+$/i;
const TABLE_LINES = /^[|\s:-]*\n/; // the frame of a table in Markdown
const LINE_END = /\r\n|[\n\r\v\f\x85\u2028\u2029]/;

export class Reader {
  #rows = byId("rows");
  #waiting = byId("waiting");
  #fields = {};
  #format = "TEXT";
  #target = "";
  #row = null;
  #last = null; // the segment before
  #chosen = new Map(); // index of a sentence -> its number in the summary

  constructor() {
    this.segments = [];
    this.pairs = []; // of each sentence: its elements in the source and in the translation
  }

  // Show an article of which nothing is translated yet.
  begin(article, format, target) {
    this.#fields = fieldsOf(article);
    this.#format = format;
    this.#target = target;
    this.#row = null;
    this.#last = null;
    this.#chosen.clear();
    this.segments = [];
    this.pairs = [];
    this.#rows.replaceChildren();
    this.#waiting.replaceChildren(...this.#pieces());
  }

  // Show the next sentence beside its translation.
  add(segment) {
    const text = this.#fields[segment.field] ?? "";
    const isSameField = this.#last?.field === segment.field;
    const gap = text.slice(isSameField ? this.#last.end : 0, segment.start);
    // The cells of a row in a table of plain text are paragraphs too, as the server counts.
    const isSameLine = this.#format !== "HTML" && !LINE_END.test(gap);
    const isSameParagraph = isSameField && (isSameLine || this.#last.paragraph === segment.paragraph);
    if (!isSameField) this.#endField();
    if (!isSameParagraph) this.#beginParagraph(segment, gap);
    else if (this.#row.chars > ROW_CHARS) this.#beginRow("goes-on");
    else this.#appendToBoth(() => shown(gap, this.#format));
    this.#append(segment);
    this.#row.chars += segment.source.length;
    this.#last = segment;
    this.#forget(segment);
  }

  // Mark the sentences of the summary, those that are yet to come too.
  choose(indices) {
    for (const mark of this.#rows.querySelectorAll(".chosen")) mark.remove();
    this.#chosen = new Map(indices.map((index, position) => [index, position + 1]));
    for (const index of indices) if (this.pairs[index]) this.#mark(index);
  }

  // Say once more, in the language that the page now has, what stands beside the sentences.
  retell() {
    for (const { mark, segment } of this.pairs) mark?.setAttribute("aria-label", labelOf(segment));
    this.choose([...this.#chosen.keys()]);
  }

  // Nothing more will come: what is left stays where it is, as not translated.
  end(isComplete) {
    if (isComplete) {
      this.#endField();
      this.#waiting.replaceChildren();
    }
    this.#waiting.classList.toggle("left", !isComplete);
  }

  #beginParagraph(segment, gap) {
    const rank = rankOf(segment, gap, this.#format);
    const [kept, lead] = cut(gap, this.#format);
    this.#keep(kept);
    const isCode = segment.source.startsWith("```");
    this.#beginRow(rank, isCode ? "code" : "");
    if (rank !== "heading") this.#appendToBoth(() => [lead]);
  }

  // What follows the last sentence of a field.
  #endField() {
    if (!this.#last) return;
    const [kept, lead] = cut(this.#fields[this.#last.field].slice(this.#last.end), this.#format);
    this.#keep(`${kept}\n${lead}`.trim());
  }

  // Text that the server leaves as it is and says nothing about, such as code between paragraphs.
  #keep(text) {
    if (!/[\p{L}\p{N}]/u.test(text)) return;
    this.#beginRow("kept");
    this.#appendToBoth(() => [text]);
  }

  #appendToBoth(made) {
    for (const half of this.#row.halves) half.append(...made());
  }

  #beginRow(...names) {
    const name = names.includes("headline") || names.includes("heading") ? "h3" : "p";
    const halves = [make(name, { class: "source" }), make(name, { class: "target", lang: this.#target || null })];
    this.#row = { halves, chars: 0 };
    this.#rows.append(make("div", { class: ["row", ...names].join(" ") }, ...halves));
  }

  #append(segment) {
    const doubts = doubtsOf(segment);
    const names = [
      "sentence",
      segment.status.toLowerCase(),
      segment.kind && "boilerplate",
      doubts.length && "doubtful",
    ];
    const properties = { class: names.filter(Boolean).join(" "), "data-index": segment.index };
    const source = make(
      "span",
      { ...properties, lang: segment.language || null },
      ...shown(segment.source, this.#format),
    );
    const isDropped = segment.status === "DROPPED_BOILERPLATE";
    const target = make(
      "span",
      { ...properties, id: `sentence-${segment.index}`, tabindex: segment.index ? -1 : 0 },
      ...(isDropped ? ["⋯"] : shown(segment.target, this.#format)),
    );
    const isPlain = !doubts.length && !remarksOf(segment).length;
    const mark = isPlain ? null : make("span", { class: "mark", role: "img", "aria-label": labelOf(segment) });
    this.#row.halves[0].append(source);
    this.#row.halves[1].append(target, ...(mark ? [mark] : []));
    this.segments.push(segment);
    this.pairs[segment.index] = { source, target, mark, segment };
    if (this.#chosen.has(segment.index)) this.#mark(segment.index);
  }

  #mark(index) {
    const { source, target } = this.pairs[index];
    const number = this.#chosen.get(index);
    source.before(make("sup", { class: "chosen", "aria-hidden": "true" }, String(number)));
    const label = words("inSummary", { n: number });
    target.before(make("sup", { class: "chosen", role: "img", "aria-label": label, title: label }, String(number)));
  }

  // The source that is still to come, in pieces. Of HTML there is none: its tags are nothing to read.
  *#pieces() {
    if (this.#format === "HTML") return;
    for (const field of FIELDS) {
      let position = 0;
      for (const line of (this.#fields[field] ?? "").split("\n")) {
        for (let start = 0; start < line.length; start += WAITING_CHARS) {
          const piece = line.slice(start, start + WAITING_CHARS);
          const end = position + start + piece.length;
          if (piece.trim())
            yield make("p", { class: field.toLowerCase(), "data-field": field, "data-end": end }, piece);
        }
        position += line.length + 1;
      }
    }
  }

  // Take a sentence, and whatever stands before it, out of the source that is still to come.
  #forget(segment) {
    for (let piece = this.#waiting.firstChild; piece; piece = this.#waiting.firstChild) {
      const { field, end } = piece.dataset;
      const isBefore = FIELDS.indexOf(field) < FIELDS.indexOf(segment.field);
      if (isBefore || (field === segment.field && Number(end) <= segment.end)) {
        piece.remove();
        continue;
      }
      const text = piece.firstChild;
      const passed = text.length - (Number(end) - segment.end);
      if (field === segment.field && passed > 0) text.deleteData(0, passed);
      return;
    }
  }
}

function labelOf(segment) {
  const doubts = doubtsOf(segment);
  return [...(doubts.length ? [`${words("doubt")}:`] : []), ...doubts, ...remarksOf(segment)].join(" ");
}

// What lies between two paragraphs -> what there is to read in it, and what the second one begins with: a list's mark.
function cut(gap, format) {
  if (format === "HTML") return [bare(gap, format).trim(), ""];
  const lines = gap.split(LINE_END);
  const lead = lines.pop().trimStart();
  const kept = lines.join("\n").trim();
  return [format === "MARKDOWN" ? kept.replace(TABLE_LINES, "") : kept, lead];
}

function rankOf(segment, gap, format) {
  if (segment.field !== "BODY") return segment.field.toLowerCase();
  const end = gap.slice(-GAP_END_CHARS);
  const tag = format === "HTML" ? end.replace(INLINE_TAGS, "") : "";
  if (/<h[1-6]\b[^<]*$/i.test(tag) || (format === "MARKDOWN" && /(^|\n) {0,3}#{1,6} +$/.test(end))) return "heading";
  return /<li\b[^<]*$/i.test(tag) ? "item" : "body";
}
