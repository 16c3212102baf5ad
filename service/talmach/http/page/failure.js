// The box that says what went wrong: in the words of the page, and below them in the server's own.
import { byId, make } from "./dom.js";
import { words } from "./words.js";

export class FailureBox {
  #box = byId("failure");
  #shown = null; // it is told anew in another language
  #again;

  // `again` makes another try.
  constructor(again) {
    this.#again = again;
  }

  // `reason` has words under `failures`; `said` are the server's; `waitS` is when another try may help.
  tell(shown) {
    this.#shown = shown;
    const { reason, said, waitS, values, canRetry } = shown;
    const parts = [make("p", {}, inWords(reason, values))];
    if (waitS) parts.push(make("p", {}, words("waitSeconds", { n: waitS })));
    if (said) parts.push(make("p", { class: "said" }, `${words("serverSays")}: `, make("q", { lang: "en" }, said)));
    if (canRetry) parts.push(make("button", { type: "button", onclick: this.#again }, words("again")));
    this.#show(parts, false);
  }

  // Something that is no failure, but that the reader should know.
  hint(key) {
    this.#shown = { hint: key };
    this.#show([make("p", {}, words(key))], true);
  }

  clear() {
    this.#shown = null;
    this.#box.hidden = true;
    this.#box.replaceChildren();
  }

  retell() {
    if (this.#shown?.hint) this.hint(this.#shown.hint);
    else if (this.#shown) this.tell(this.#shown);
  }

  #show(parts, isHint) {
    this.#box.replaceChildren(...parts);
    this.#box.classList.toggle("hint", isHint);
    this.#box.hidden = false;
    this.#box.scrollIntoView({ block: "nearest" });
  }
}

export const inWords = (reason, values) => words(`failures.${reason}`, values) ?? words("failures.FAILED");
