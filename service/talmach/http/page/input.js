// The article as the reader puts it in: typed, pasted, opened or dropped.
import { byId } from "./dom.js";
import { read, split, UnusableFile } from "./files.js";
import { plain } from "./markup.js";
import { current, sampleArticle, words } from "./words.js";

const NEARLY_FULL = 0.8; // of the longest text: from here on the limit is shown
const LANGUAGE_CHARS = 2_000; // of the text, that its letters are looked at in

export class Input {
  fileName = ""; // without its ending, for what is saved
  #headline = byId("headline");
  #body = byId("body");
  #format = byId("format");
  #isTargetChosen = false;
  #maxChars = Infinity;
  #failure;
  #onFill;

  // `onFill` is called when another article has taken the place of the one before.
  constructor(failure, onFill) {
    this.#failure = failure;
    this.#onFill = onFill;
    for (const area of [this.#headline, this.#body]) area.addEventListener("input", () => this.#change());
    this.#headline.addEventListener("keydown", (event) => this.#leaveHeadline(event));
    this.#body.addEventListener("paste", (event) => this.#paste(event));
    // No language is translated into itself: the choice that was made last counts.
    byId("to").addEventListener("change", () => {
      this.#isTargetChosen = true;
      if (byId("from").value === byId("to").value) byId("from").value = "";
    });
    byId("from").addEventListener("change", () => {
      if (byId("from").value === byId("to").value) byId("to").value = this.#likelyTarget();
    });
    byId("sample").addEventListener("click", () => this.#fill(sampleArticle()));
    byId("new").addEventListener("click", () => this.#fill({ headline: "", body: "" }));
    this.#takeFiles();
  }

  get article() {
    return { headline: this.#headline.value, lead: "", body: this.#body.value };
  }

  get format() {
    return this.#format.value;
  }

  limit(maxChars) {
    this.#maxChars = maxChars;
    this.tellCount();
  }

  tellCount() {
    const n = chars(this.#headline.value) + chars(this.#body.value);
    const isNear = n > NEARLY_FULL * this.#maxChars;
    byId("count").textContent = isNear ? words("countOf", { n, limit: this.#maxChars }) : words("count", { n });
    byId("count").classList.toggle("beyond", n > this.#maxChars);
    byId("new").hidden = n === 0;
  }

  #fill({ headline, body, format = "TEXT", name = "" }) {
    this.#headline.value = headline.replace(/\s*[\r\n]+\s*/g, " ");
    this.#body.value = body;
    this.#format.value = format;
    byId("name").textContent = name;
    this.fileName = name.replace(/\.\w+$/, "");
    this.#failure.clear(); // it was about the article before
    this.#onFill();
    this.#change();
  }

  #change() {
    this.#headline.style.height = "auto";
    this.#headline.style.height = `${this.#headline.scrollHeight}px`;
    this.tellCount();
    if (!this.#isTargetChosen) byId("to").value = this.#likelyTarget();
  }

  // Cyrillic letters: into English; Latin ones: into the language of the page, and of an English page into Belarusian.
  #likelyTarget() {
    const body = this.format === "HTML" ? plain(this.#body.value).body : this.#body.value;
    const start = `${this.#headline.value} ${body.slice(0, LANGUAGE_CHARS)}`;
    const cyrillic = start.match(/[\u0400-\u04ff]/g)?.length ?? 0;
    const latin = start.match(/[a-z]/gi)?.length ?? 0;
    const wanted = cyrillic >= latin ? "en" : current() === "en" ? "be" : current();
    if (wanted !== byId("from").value) return wanted;
    return wanted === "en" ? "be" : "en";
  }

  #leaveHeadline(event) {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.#body.focus();
  }

  // A whole article that is pasted into an empty page brings its headline along.
  #paste(event) {
    if (this.#headline.value || this.#body.value || this.format !== "TEXT") return;
    const { headline, body } = split(event.clipboardData.getData("text/plain"));
    if (!headline) return;
    event.preventDefault();
    this.#fill({ headline, body });
  }

  #takeFiles() {
    const picker = byId("file");
    byId("open").addEventListener("click", () => picker.click());
    picker.addEventListener("change", async () => {
      await this.#take(picker.files[0]);
      picker.value = "";
    });
    const hasFile = (event) => event.dataTransfer?.types.includes("Files");
    document.addEventListener("dragover", (event) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      byId("drop").hidden = false;
    });
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) byId("drop").hidden = true;
    });
    document.addEventListener("drop", (event) => {
      byId("drop").hidden = true;
      if (!hasFile(event)) return;
      event.preventDefault();
      this.#take(event.dataTransfer.files[0]);
    });
  }

  async #take(file) {
    if (!file) return;
    try {
      const taken = await read(file);
      const isTooLong = taken.format === "HTML" && chars(taken.body) > this.#maxChars;
      this.#fill(isTooLong ? { ...plain(taken.body), name: taken.name } : taken);
      if (isTooLong) this.#failure.hint("onlyText");
    } catch (error) {
      if (!(error instanceof UnusableFile)) throw error;
      this.#failure.tell({ reason: error.reason, values: error.values });
    }
  }
}

// Code points, as the server counts.
function chars(text) {
  let pairs = 0;
  for (let position = 0; position < text.length; position++) {
    if ((text.charCodeAt(position) & 0xfc00) === 0xdc00) pairs++;
  }
  return text.length - pairs;
}
