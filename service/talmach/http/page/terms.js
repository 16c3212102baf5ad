// Two lists that the reader edits: terms with their translations, and names that stay as they are.
import { byId, make } from "./dom.js";
import { words } from "./words.js";

export class Terms {
  #glossary = new Rows(byId("glossary"), ["term", "translation"]);
  #kept = new Rows(byId("kept"), ["phrase"]);

  constructor() {
    byId("add-term").addEventListener("click", () => this.#glossary.add().focus());
    byId("add-phrase").addEventListener("click", () => this.#kept.add().focus());
  }

  // What a request has of them.
  options() {
    return {
      glossaryEntries: this.#glossary.filled().map(([sourceTerm, targetTerm]) => ({ sourceTerm, targetTerm })),
      doNotTranslatePhrases: this.#kept.filled().map(([phrase]) => phrase),
    };
  }

  get count() {
    return this.#glossary.filled().length + this.#kept.filled().length;
  }

  // Say beside each row how often it was applied: one usage for each row, in their order.
  showUsages(usages) {
    if (usages.length !== this.count) return; // the rows are others by now
    const terms = this.#glossary.filled().length;
    this.#glossary.note(usages.slice(0, terms).map(usageNote));
    this.#kept.note(usages.slice(terms).map(usageNote));
  }

  // Say beside a row what the server has against it, and return what it has against anything else.
  showViolations(violations) {
    return violations.filter(({ field = "", reason }) => {
      const [, list, number] = /(glossary_?entries|do_?not_?translate_?phrases)\[(\d+)\]/i.exec(field) ?? [];
      if (list) (/^g/i.test(list) ? this.#glossary : this.#kept).complain(Number(number), reason);
      return !list;
    });
  }

  clearNotes() {
    this.#glossary.note([]);
    this.#kept.note([]);
  }

  retell() {
    this.#glossary.retell();
    this.#kept.retell();
  }
}

// Rows of text fields, each with a note and a button that removes it.
class Rows {
  #list;
  #names;

  constructor(list, names) {
    this.#list = list;
    this.#names = names;
    list.addEventListener("paste", (event) => this.#paste(event));
    list.addEventListener("keydown", (event) => this.#enter(event));
    list.addEventListener("input", (event) => event.target.removeAttribute("aria-invalid"));
  }

  // Add a row and return its first field.
  add(values = []) {
    const fields = this.#names.map((name, column) =>
      make("input", { type: "text", "data-name": name, value: values[column] ?? "", autocomplete: "off" }),
    );
    const remove = make("button", { type: "button", class: "quiet remove" }, "×");
    const row = make("li", {}, ...fields, make("span", { class: "usage" }), remove);
    remove.addEventListener("click", () => {
      const next = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      this.retell();
      (next?.querySelector("input") ?? this.#list.nextElementSibling).focus();
    });
    this.#list.append(row);
    this.retell();
    return fields[0];
  }

  // The values of the rows that have any.
  filled() {
    return this.#filledRows().map(valuesOf);
  }

  note(notes) {
    for (const usage of this.#list.querySelectorAll(".usage")) {
      usage.textContent = "";
      delete usage.dataset.word;
    }
    for (const [number, row] of this.#filledRows().entries()) {
      row.querySelector(".usage").textContent = notes[number] ?? "";
    }
  }

  complain(number, reason) {
    const row = this.#filledRows()[number];
    if (!row) return;
    const usage = row.querySelector(".usage");
    usage.dataset.word = words(`rows.${reason}`) ? `rows.${reason}` : "rows.OTHER"; // told anew in another language
    usage.textContent = words(usage.dataset.word);
    for (const field of row.querySelectorAll("input")) field.setAttribute("aria-invalid", "true");
  }

  retell() {
    for (const [position, row] of [...this.#list.children].entries()) {
      for (const field of row.querySelectorAll("input")) {
        field.placeholder = words(field.dataset.name);
        field.setAttribute("aria-label", `${words(field.dataset.name)} ${position + 1}`);
      }
      row.querySelector(".remove").setAttribute("aria-label", words("remove", { n: position + 1 }));
    }
  }

  #filledRows() {
    return [...this.#list.children].filter((row) => valuesOf(row).some((value) => value.trim()));
  }

  // A table of several lines, from a spreadsheet or a list, becomes rows.
  #paste(event) {
    const lines = event.clipboardData
      .getData("text/plain")
      .split(/\r?\n/)
      .filter((line) => line.trim());
    if (lines.length < 2 && !lines[0]?.includes("\t")) return;
    event.preventDefault();
    const own = event.target.closest("li");
    for (const line of lines) this.add(line.split("\t").map((value) => value.trim()));
    if (!valuesOf(own).some((value) => value.trim())) own.remove();
    this.retell();
    this.#list.lastElementChild.querySelector("input").focus();
  }

  // Enter goes to the next field, and from the last one to a new row; it never sends the article.
  #enter(event) {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !event.target.matches("input")) return;
    event.preventDefault();
    const fields = [...this.#list.querySelectorAll("input")];
    (fields[fields.indexOf(event.target) + 1] ?? this.add()).focus();
  }
}

const valuesOf = (row) => [...row.querySelectorAll("input")].map((field) => field.value);

function usageNote({ appliedCount = 0, notAppliedCount = 0 }) {
  const applied = appliedCount ? [words("applied", { n: appliedCount })] : [];
  const not = notAppliedCount ? [words("notApplied", { n: notAppliedCount })] : [];
  return [...applied, ...not].join(", ");
}
