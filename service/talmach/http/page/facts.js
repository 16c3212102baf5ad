// What is known about a translation as a whole: language and evidence, progress, time, doubts.
import { byId, make } from "./dom.js";
import { bare } from "./markup.js";
import { number, percent, words } from "./words.js";

const LEAST_EVIDENCE = 0.005; // below it a share would be shown as 0 %
const MAX_LEAD_CHARS = 90; // of a sentence in the list of doubts
const A_SECOND_MS = 950; // from here on, tenths of seconds are shown

export class Facts {
  #list = byId("doubts-list");
  #lead; // leads the reader to a sentence

  constructor(lead) {
    this.#lead = lead;
  }

  begin() {
    this.#list.replaceChildren();
    byId("doubts").hidden = true;
  }

  tell({ header, trailer, messages }) {
    const candidates = (header.detection?.candidates ?? []).filter((each) => each.confidence >= LEAST_EVIDENCE);
    const shares = candidates.map((each) => `${words(each.languageCode)} ${percent(each.confidence)}`);
    byId("language-facts").replaceChildren(
      `${words("detected")}: `,
      make("b", {}, words(header.sourceLanguageCode || "undetermined")),
      ...(shares.length ? [" ", make("span", { id: "evidence" }, `(${words("evidence")}: ${shares.join(", ")})`)] : []),
    );
    const facts = trailer ? whole(trailer, messages.length) : [sofar(messages.length, header.segmentCount ?? 0)];
    byId("facts").textContent = facts.join(" · ");
    byId("doubts-count").textContent = words("doubts", { n: this.doubtCount });
  }

  progress(done, total) {
    Object.assign(byId("progress"), { max: total, value: done });
  }

  get doubtCount() {
    return this.#list.children.length;
  }

  addDoubts(segment, doubts, { target, format }) {
    const text = bare(segment.target || segment.source, format);
    const shown = text.length > MAX_LEAD_CHARS ? `${text.slice(0, MAX_LEAD_CHARS)}…` : text;
    const onclick = () => this.#lead(segment.index);
    const lead = make("button", { type: "button", class: "quiet", lang: target, onclick }, shown);
    this.#list.append(make("li", {}, lead, make("small", {}, doubts.join(" "))));
    byId("doubts").hidden = false;
    byId("doubts-count").textContent = words("doubts", { n: this.doubtCount });
  }
}

const sofar = (done, total) => words("translating", { done, total });

function whole({ timings, usage }, sentences) {
  const ms = timings?.totalMs ?? 0;
  const hits = usage?.cacheHits ?? 0;
  return [
    words("sentences", { n: sentences }),
    ms < A_SECOND_MS ? words("milliseconds", { n: number(Math.ceil(ms)) }) : words("seconds", { n: ms / 1_000 }),
    ...(hits ? [words("fromMemory", { n: hits })] : []),
  ];
}
