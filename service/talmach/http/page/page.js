// The page: its parts, its words and colours, and what belongs to no part alone.
import { ask, Failure, REFUSALS, useToken } from "./api.js";
import { byId, make } from "./dom.js";
import { copy, htmlFile, jsonFile, save, text, textFile } from "./exports.js";
import { Facts } from "./facts.js";
import { FailureBox } from "./failure.js";
import { Input } from "./input.js";
import { Pointing } from "./pointing.js";
import { Reader } from "./reader.js";
import { Summary } from "./summary.js";
import { Terms } from "./terms.js";
import { Translation } from "./translation.js";
import { choose, LANGUAGES, number, ofBrowser, words } from "./words.js";

const THEMES = ["auto", "light", "dark"];
const FILES = { textFile, htmlFile, jsonFile };
const STARTING_MS = 1_000; // between two looks at a server that starts
const COPIED_MS = 2_000; // for which the button says that it has copied

let isAwaited = false; // the server is starting

const reader = new Reader();
const pointing = new Pointing(reader);
const failure = new FailureBox(() => translation.start());
const facts = new Facts((index) => pointing.goTo(index));
const summary = new Summary(() => translation.summarize());
const terms = new Terms();
const input = new Input(failure, () => compose());
const show = () => showFace("reading");
const translation = new Translation({ input, terms, reader, pointing, summary, facts, failure, show });

// ------------------------------------------------------------------------------------------------- words and colours

function speak(wanted) {
  const language = choose(wanted);
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = words(element.dataset.word);
  for (const element of document.querySelectorAll("[data-hint]")) element.placeholder = words(element.dataset.hint);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", words(element.dataset.label));
  }
  for (const button of byId("languages").children) {
    button.setAttribute("aria-pressed", String(button.dataset.ui === language));
  }
  nameLanguages(byId("from"), ["", ...LANGUAGES], "");
  nameLanguages(byId("to"), LANGUAGES, "en");
  paint(document.documentElement.dataset.theme);
  tellTerms();
  for (const part of [terms, summary, reader, failure, translation]) part.retell();
  input.tellCount();
}

function nameLanguages(select, codes, first) {
  const chosen = select.value || first;
  select.replaceChildren(...codes.map((code) => make("option", { value: code }, words(code || "detect"))));
  select.value = chosen;
}

function paint(theme) {
  document.documentElement.dataset.theme = theme;
  const label = `${words("theme")}: ${words(`themes.${theme}`)}`;
  byId("theme").setAttribute("aria-label", label);
  byId("theme").title = label;
}

// The choice of language and colours stands in the address, and nowhere else.
function keepInAddress(name, value) {
  const address = new URL(location.href);
  address.searchParams.set(name, value);
  history.replaceState(null, "", address);
}

function tellTerms() {
  byId("terms-count").textContent = terms.count ? number(terms.count) : "";
}

// ---------------------------------------------------------------------------------------------------------- two faces

function compose() {
  translation.leave();
  showFace("compose");
  byId("body").focus();
}

function showFace(face) {
  byId("compose").hidden = face !== "compose";
  byId("reading").hidden = byId("tools").hidden = face !== "reading";
  document.body.dataset.face = face;
}

// ------------------------------------------------------------------------------------------------------------- wiring

async function meetServer() {
  try {
    const { limits, version } = await ask("v1/info");
    input.limit(limits.maxTextChars);
    byId("server").textContent = `talmach ${version}`;
    if (isAwaited) failure.clear();
    isAwaited = false;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (REFUSALS.includes(error.reason)) {
      byId("access").hidden = false;
      return;
    }
    failure.tell({ reason: error.reason, said: error.said });
    isAwaited = error.reason === "SERVER_STARTING";
    if (isAwaited) setTimeout(meetServer, STARTING_MS);
  }
}

function wireForm() {
  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    translation.start();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    translation.start();
  });
  byId("form").addEventListener("input", tellTerms);
  byId("stop").addEventListener("click", () => translation.stop());
  byId("edit").addEventListener("click", compose);
  byId("token").addEventListener("input", () => useToken(byId("token").value));
  byId("token").addEventListener("change", meetServer);
  byId("with-summary").addEventListener("change", () => translation.summarize());
  byId("beside").addEventListener("change", () => byId("reading").classList.toggle("alone", !byId("beside").checked));
}

function wireFrame() {
  for (const button of byId("languages").children) {
    button.addEventListener("click", () => {
      speak(button.dataset.ui);
      keepInAddress("ui", button.dataset.ui);
    });
  }
  byId("theme").addEventListener("click", () => {
    const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length];
    paint(next);
    keepInAddress("theme", next);
  });
}

function wireExports() {
  const menu = byId("download");
  byId("copy").addEventListener("click", async () => {
    const isCopied = await copy(text(translation.result)).then(
      () => true,
      () => false,
    );
    const said = words(isCopied ? "copied" : "copyFailed");
    byId("copy").textContent = said;
    byId("status").textContent = said;
    setTimeout(() => {
      byId("copy").textContent = words("copy");
    }, COPIED_MS);
  });
  for (const button of document.querySelectorAll("[data-save]")) {
    button.addEventListener("click", () => {
      save(FILES[button.dataset.save](translation.result), input.fileName || "talmach");
      menu.open = false;
    });
  }
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
}

const asked = new URL(location.href).searchParams;
document.documentElement.dataset.theme = THEMES.find((theme) => theme === asked.get("theme")) ?? "auto";
wireForm();
wireFrame();
wireExports();
speak(asked.get("ui") ?? ofBrowser());
showFace("compose");
meetServer();
