// The sentences that carry the story, each with the reason why it was chosen.
import { segmentOf } from "./contract.js";
import { byId, make } from "./dom.js";
import { shown } from "./markup.js";
import { reasonsOf, words } from "./words.js";

const LENGTHS = [1, 2, 3, 4, 5, 7, 10];

export class Summary {
  #list = byId("summary-sentences");
  #state = byId("summary-state");
  #length = byId("summary-length");
  #shown = null;

  constructor(onLength) {
    this.#length.append(...LENGTHS.map((n) => make("option", { value: n, selected: n === 3 })));
    this.#length.addEventListener("change", onLength);
  }

  get maxSentences() {
    return Number(this.#length.value);
  }

  wait() {
    this.#shown = null;
    this.#list.replaceChildren();
    this.#state.textContent = words("summaryWait");
  }

  // Show the answer of the server and return the positions of the chosen sentences in the article.
  show(summary, format) {
    this.#shown = [summary, format];
    const scores = new Map((summary.allScores ?? []).map((score) => [score.index ?? 0, score.reason ?? ""]));
    const segments = (summary.sentences ?? []).map((each) => segmentOf(each.segment));
    this.#state.textContent = segments.length ? "" : words("summaryEmpty");
    this.#list.replaceChildren(
      ...segments.map((segment) =>
        make(
          "li",
          {},
          make("a", placeOf(segment, summary.languageCode), ...shown(segment.target, format)),
          make("small", { class: "reason" }, ...reasonIn(scores.get(segment.index) ?? "")),
        ),
      ),
    );
    return segments.map((segment) => segment.index);
  }

  fail(...nodes) {
    this.#shown = null;
    this.#list.replaceChildren();
    this.#state.replaceChildren(...nodes);
  }

  retell() {
    for (const option of this.#length.options) option.textContent = words("sentences", { n: Number(option.value) });
    if (this.#shown) this.show(...this.#shown);
  }
}

const placeOf = ({ index }, lang) => ({ class: "sentence", "data-index": index, href: `#sentence-${index}`, lang });

// The server gives its reasons in English; one that the page has no words for stays as it is.
function* reasonIn(reason) {
  const known = reasonsOf();
  const parts = reason
    .replace(/^chosen: /, "")
    .split(", ")
    .filter(Boolean);
  for (const [position, part] of parts.entries()) {
    if (position) yield ", ";
    if (Object.hasOwn(known, part)) yield known[part];
    else yield make("span", { lang: "en" }, part);
  }
}
