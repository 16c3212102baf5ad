// Which sentence the reader points at, by pointer or keyboard: it and its partner are marked, and what there is to say
// about it stands at the foot of the page.
import { byId, make } from "./dom.js";
import { doubtsOf, remarksOf } from "./notes.js";

const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };

export class Pointing {
  #reader;
  #area = byId("reading");
  #note = byId("note");
  #marked = [];
  #stop = 0; // the sentence that the tab key leads to

  constructor(reader) {
    this.#reader = reader;
    this.#area.addEventListener("pointerover", (event) => this.#show(indexAt(event.target) ?? this.#focused()));
    this.#area.addEventListener("pointerleave", () => this.#show(this.#focused()));
    this.#area.addEventListener("focusin", () => this.#show(this.#focused()));
    this.#area.addEventListener("focusout", () => this.#show(null));
    this.#area.addEventListener("click", (event) => this.#click(event));
    this.#area.addEventListener("keydown", (event) => this.#step(event));
  }

  forget() {
    this.#stop = 0;
    this.#show(null);
  }

  // Lead the reader to a sentence.
  goTo(index) {
    const pair = this.#reader.pairs[index];
    if (!pair) return;
    this.#reader.pairs[this.#stop].target.tabIndex = -1;
    this.#stop = index;
    pair.target.tabIndex = 0;
    pair.target.focus({ preventScroll: true });
    pair.target.scrollIntoView({ block: "nearest" });
  }

  #focused() {
    return this.#area.contains(document.activeElement) ? indexAt(document.activeElement) : null;
  }

  #click(event) {
    const index = indexAt(event.target);
    const isSelecting = !getSelection().isCollapsed;
    if (index === null || isSelecting) return;
    event.preventDefault(); // of the link that a sentence of the summary is
    this.goTo(index);
  }

  #step(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !event.target.matches("#rows .sentence")) return;
    const last = this.#reader.pairs.length - 1;
    const wanted = { Home: 0, End: last }[event.key] ?? this.#stop + (STEPS[event.key] ?? NaN);
    if (!(wanted >= 0 && wanted <= last)) return;
    event.preventDefault();
    this.goTo(wanted);
  }

  #show(index) {
    for (const element of this.#marked) {
      element.classList.remove("pointed");
      element.removeAttribute("aria-describedby");
    }
    const pair = index === null ? null : this.#reader.pairs[index];
    const inSummary = index === null ? null : byId("summary").querySelector(`[data-index="${index}"]`);
    this.#marked = pair ? [pair.source, pair.target, ...(inSummary ? [inSummary] : [])] : [];
    for (const element of this.#marked) element.classList.add("pointed");
    const doubts = pair ? doubtsOf(pair.segment) : [];
    const remarks = pair ? remarksOf(pair.segment) : [];
    this.#note.replaceChildren(
      ...doubts.map((each) => make("p", { class: "doubt" }, each)),
      ...remarks.map((each) => make("p", {}, each)),
    );
    this.#note.hidden = !this.#note.hasChildNodes();
    if (pair && !this.#note.hidden) pair.target.setAttribute("aria-describedby", "note");
  }
}

function indexAt(element) {
  const found = element.closest?.("[data-index]");
  return found ? Number(found.dataset.index) : null;
}
