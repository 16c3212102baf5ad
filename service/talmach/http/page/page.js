// The page: what the reader does -> what is asked of the server -> what is shown.
import { ask, Failure, stream, useToken } from "./api.js";
import { segmentOf } from "./contract.js";
import { breathe, byId, make } from "./dom.js";
import * as exports from "./exports.js";
import { read, split, UnusableFile } from "./files.js";
import { doubtsOf } from "./notes.js";
import { Pointing } from "./pointing.js";
import { Reader } from "./reader.js";
import { Summary } from "./summary.js";
import { Terms } from "./terms.js";
import * as wording from "./words.js";

const { words } = wording;
const THEMES = ["auto", "light", "dark"];
const CODES = ["be", "ru", "en"];
const LEAST_EVIDENCE = 0.005; // below it a share would be shown as 0 %
const NEARLY_FULL = 0.8; // of the longest text: from here on the limit is shown

const reader = new Reader();
const pointing = new Pointing(reader);
const terms = new Terms();
const summary = new Summary(() => summarize());

let limits = { maxTextChars: Infinity };
let version = "";
let fileName = ""; // without its ending, for what is saved
let isTargetChosen = false;
let running = null; // what ends the call that is going on
let result = null; // everything that came of the last call
let failed = null; // what is shown of the last failure: it is told anew in another language

// ------------------------------------------------------------------------------------------------- words and colours

function speak(language) {
  document.documentElement.lang = wording.choose(language);
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = words(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", words(element.dataset.label));
  }
  for (const element of document.querySelectorAll("[data-hint]")) element.placeholder = words(element.dataset.hint);
  for (const button of byId("languages").children) {
    button.setAttribute("aria-pressed", String(button.dataset.ui === language));
  }
  const [from, to] = [byId("from").value, byId("to").value];
  byId("from").replaceChildren(option("", words("detect")), ...CODES.map((code) => option(code, words(code))));
  byId("to").replaceChildren(...CODES.map((code) => option(code, words(code))));
  byId("from").value = from;
  byId("to").value = to || "en";
  paint(document.documentElement.dataset.theme);
  tellCount();
  tellTerms();
  terms.retell();
  summary.retell();
  reader.retell();
  if (result) tellFacts();
  if (failed) tellFailure(failed);
}

function paint(theme) {
  document.documentElement.dataset.theme = theme;
  const label = `${words("theme")}: ${words(`theme${theme[0].toUpperCase()}${theme.slice(1)}`)}`;
  byId("theme").setAttribute("aria-label", label);
  byId("theme").title = label;
}

// The choice of language and colours stands in the address, and nowhere else.
function keepInAddress(name, value) {
  const address = new URL(location.href);
  address.searchParams.set(name, value);
  history.replaceState(null, "", address);
}

const option = (value, text) => make("option", { value }, text);

// ---------------------------------------------------------------------------------------------------------- the input

function fill({ headline, body, format = "TEXT", name = "" }) {
  byId("headline").value = headline.replace(/\s*[\r\n]+\s*/g, " ");
  byId("body").value = body;
  byId("format").value = format;
  byId("name").textContent = name;
  fileName = name.replace(/\.\w+$/, "");
  compose();
  onInput();
}

function onInput() {
  fit(byId("headline"));
  tellCount();
  if (!isTargetChosen) byId("to").value = likelyTarget();
}

// Cyrillic letters: into English; Latin ones: into the language of the page, and of an English page into Belarusian.
function likelyTarget() {
  const start = `${byId("headline").value} ${byId("body").value.slice(0, 2_000)}`;
  const cyrillic = start.match(/[\u0400-\u04ff]/g)?.length ?? 0;
  const latin = start.match(/[a-z]/gi)?.length ?? 0;
  if (cyrillic >= latin) return "en";
  return wording.current() === "en" ? "be" : wording.current();
}

function fit(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}

function tellCount() {
  const count = chars(byId("headline").value) + chars(byId("body").value);
  const limit = limits.maxTextChars;
  const isNear = count > NEARLY_FULL * limit;
  byId("count").textContent = isNear ? words("countOf", { n: count, limit }) : words("count", { n: count });
  byId("count").classList.toggle("beyond", count > limit);
}

// Code points, as the server counts.
function chars(text) {
  let pairs = 0;
  for (let position = 0; position < text.length; position++) {
    if ((text.charCodeAt(position) & 0xfc00) === 0xdc00) pairs++;
  }
  return text.length - pairs;
}

function tellTerms() {
  byId("terms-count").textContent = terms.count ? wording.number(terms.count) : "";
}

async function take(file) {
  if (!file) return;
  try {
    fill(await read(file));
    clearFailure();
  } catch (error) {
    if (!(error instanceof UnusableFile)) throw error;
    tellFailure({ reason: error.reason, values: error.values });
  }
}

// ------------------------------------------------------------------------------------------------------- two faces

function compose() {
  running?.abort();
  showFace("compose");
  byId("body").focus();
}

function showFace(face) {
  byId("compose").hidden = face !== "compose";
  for (const id of ["reading", "tools"]) byId(id).hidden = face === "compose";
  document.body.dataset.face = face;
}

// ------------------------------------------------------------------------------------------------------- translation

function translationOptions() {
  const format = byId("format").value;
  return {
    sourceLanguageCode: byId("from").value,
    targetLanguageCode: byId("to").value,
    ...terms.options(),
    removeBoilerplate: byId("without-boilerplate").checked,
    offsetEncoding: "OFFSET_ENCODING_UTF16",
    ...(format === "TEXT" ? {} : { format: `TEXT_FORMAT_${format}` }),
  };
}

async function translate() {
  running?.abort();
  const call = (running = new AbortController());
  const article = { headline: byId("headline").value, lead: "", body: byId("body").value };
  const options = translationOptions();
  clearFailure();
  terms.clearNotes();
  result = { article, options, format: byId("format").value, target: options.targetLanguageCode };
  Object.assign(result, { segments: reader.segments, messages: [], doubts: 0 });
  try {
    if (!`${article.headline}${article.body}`.trim()) throw new Failure("EMPTY_TEXT");
    setBusy(true);
    for await (const { name, data } of stream("v1/article", { article, options }, call.signal)) {
      if (call.signal.aborted) break;
      if (name === "header") begin(data);
      else if (name === "segment") add(data);
      else if (name === "trailer") result.trailer = data;
      await breathe();
    }
    if (result.trailer) finish();
  } catch (error) {
    if (call !== running) return; // another call has taken its place
    report(call.signal.aborted ? new Failure("STOPPED") : error);
  } finally {
    if (call === running) {
      running = null;
      setBusy(false);
    }
  }
}

function begin(header) {
  result.header = header;
  reader.begin(result.article, result.format, result.target);
  result.segments = reader.segments;
  pointing.forget();
  byId("doubts-list").replaceChildren();
  byId("doubts").hidden = true;
  byId("waiting").classList.remove("left");
  showFace("reading");
  tellFacts();
  summarize();
}

function add(message) {
  const segment = segmentOf(message);
  result.messages.push(message);
  reader.add(segment);
  const doubts = doubtsOf(segment);
  if (doubts.length) addDoubt(segment, doubts);
  const total = result.header.segmentCount ?? 0;
  Object.assign(byId("progress"), { max: total, value: result.messages.length });
}

function addDoubt(segment, doubts) {
  result.doubts += 1;
  const lead = make("button", { type: "button", class: "quiet" }, shortened(segment.target || segment.source));
  lead.addEventListener("click", () => pointing.goTo(segment.index));
  lead.lang = result.target;
  byId("doubts-list").append(make("li", {}, lead, make("small", {}, doubts.join(" "))));
  byId("doubts").hidden = false;
  byId("doubts-count").textContent = words("doubts", { n: result.doubts });
}

const shortened = (text) => (text.length > 90 ? `${text.slice(0, 88)}…` : text);

function finish() {
  reader.end(true);
  terms.showUsages(result.trailer.glossaryUsages ?? []);
  tellFacts();
  const sentences = words("sentences", { n: result.messages.length });
  byId("status").textContent = words("done", { sentences, doubts: words("doubts", { n: result.doubts }) });
  if (isSameLanguage()) tellFailure({ reason: null, text: words("sameLanguage") });
}

function isSameLanguage() {
  return result.header.sourceLanguageCode === result.target && result.segments.every((each) => each.status === "COPIED");
}

async function summarize() {
  byId("summary").hidden = !byId("with-summary").checked;
  if (byId("summary").hidden || !result?.header) return;
  const call = result;
  const { article, options } = call;
  const summaryOptions = { maxSentences: summary.maxSentences, returnAllScores: true };
  summary.wait();
  try {
    const answer = await ask("v1/summary", { article, options, summaryOptions });
    if (call !== result) return;
    call.summary = answer.summary ?? {};
    reader.choose(summary.show(call.summary));
  } catch (error) {
    if (call !== result) return;
    const again = make("button", { type: "button", class: "quiet" }, words("again"));
    again.addEventListener("click", summarize);
    summary.fail(`${words("failures.SUMMARY")} ${reasonInWords(error)} ${error.said ?? ""} `, again);
  }
}

function setBusy(isBusy) {
  byId("go").hidden = isBusy;
  byId("stop").hidden = !isBusy;
  byId("progress").hidden = !isBusy;
  document.body.classList.toggle("busy", isBusy);
}

// -------------------------------------------------------------------------------------------------------------- facts

function tellFacts() {
  const { header, trailer, messages } = result;
  if (!header) return;
  const candidates = (header.detection?.candidates ?? []).filter((each) => each.confidence >= LEAST_EVIDENCE);
  const evidence = candidates.map((each) =>
    make(
      "span",
      { class: "candidate" },
      `${words(each.languageCode) ?? each.languageCode} ${wording.percent(each.confidence ?? 0)}`,
    ),
  );
  const named = words(header.sourceLanguageCode || "undetermined");
  byId("language-facts").replaceChildren(
    `${words("detected")}: `,
    make("b", {}, named),
    ...(evidence.length ? [` (${words("detectedEvidence")}: `, ...between(evidence, ", "), ")"] : []),
  );
  const total = header.segmentCount ?? 0;
  const facts = trailer
    ? [
        words("sentences", { n: messages.length }),
        time(trailer.timings?.totalMs ?? 0),
        ...(trailer.usage?.cacheHits ? [words("fromMemory", { n: trailer.usage.cacheHits })] : []),
      ]
    : [words("translating", { done: messages.length, total })];
  byId("facts").textContent = facts.join(" · ");
  byId("doubts-count").textContent = words("doubts", { n: result.doubts });
}

function time(ms) {
  return ms < 950 ? words("milliseconds", { n: Math.ceil(ms) }) : words("seconds", { n: ms / 1_000 });
}

function between(elements, separator) {
  return elements.flatMap((each, position) => (position ? [separator, each] : [each]));
}

// ----------------------------------------------------------------------------------------------------------- failures

function report(error) {
  const failure = error instanceof Failure ? error : new Failure("FAILED", { cause: error });
  if (!(error instanceof Failure)) console.error(error.name); // a fault of the page: its name, and nothing of the text
  const total = result.header?.segmentCount ?? 0;
  const isBegun = Boolean(result.header);
  const reason = failure.reason === "CUT" && !isBegun ? "GONE" : failure.reason;
  if (isBegun) {
    reader.end(false);
    tellFacts();
  }
  terms.showViolations(failure.violations);
  if (reason === "UNAUTHENTICATED" || reason === "PERMISSION_DENIED") byId("access").hidden = false;
  const values = { done: result.messages.length, total };
  tellFailure({ reason, said: failure.said, waitS: failure.waitS, values, canRetry: reason !== "EMPTY_TEXT" });
}

function reasonInWords(error) {
  return words(`failures.${error.reason}`) ?? words("failures.FAILED");
}

function tellFailure(shown) {
  failed = shown;
  const { reason, text, said, waitS, values, canRetry } = shown;
  const parts = [make("p", {}, text ?? words(`failures.${reason}`, values) ?? words("failures.FAILED"))];
  if (waitS) parts.push(make("p", {}, words("waitSeconds", { n: waitS })));
  if (said) parts.push(make("p", { class: "said" }, `${words("serverSays")}: `, make("q", { lang: "en" }, said)));
  if (canRetry) {
    const again = make("button", { type: "button" }, words("again"));
    again.addEventListener("click", translate);
    parts.push(again);
  }
  byId("failure").replaceChildren(...parts);
  byId("failure").classList.toggle("hint", !reason);
  byId("failure").hidden = false;
}

function clearFailure() {
  failed = null;
  byId("failure").hidden = true;
  byId("failure").replaceChildren();
}

// -------------------------------------------------------------------------------------------------------------- wiring

async function meetServer() {
  try {
    const info = await ask("v1/info");
    limits = { ...limits, ...info.limits };
    version = info.version ?? "";
    byId("server").textContent = version && `talmach ${version}`;
    tellCount();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.reason === "UNAUTHENTICATED") byId("access").hidden = false;
    else tellFailure({ reason: error.reason, said: error.said });
  }
}

function wire() {
  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    translate();
  });
  byId("form").addEventListener("input", tellTerms);
  byId("stop").addEventListener("click", () => running?.abort());
  byId("edit").addEventListener("click", compose);
  byId("to").addEventListener("change", () => (isTargetChosen = true));
  byId("token").addEventListener("input", () => useToken(byId("token").value));
  byId("with-summary").addEventListener("change", summarize);
  byId("beside").addEventListener("change", () => byId("reading").classList.toggle("alone", !byId("beside").checked));
  for (const id of ["headline", "body"]) byId(id).addEventListener("input", onInput);
  byId("headline").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    byId("body").focus();
  });
  byId("body").addEventListener("paste", onPaste);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    translate();
  });
  byId("sample").addEventListener("click", () => fill(wording.sampleArticle()));
  wireFiles();
  wireExports();
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

// A whole article that is pasted into an empty page brings its headline along.
function onPaste(event) {
  const text = event.clipboardData.getData("text/plain");
  if (byId("headline").value || byId("body").value || byId("format").value !== "TEXT") return;
  const { headline, body } = split(text);
  if (!headline) return;
  event.preventDefault();
  fill({ headline, body });
}

function wireFiles() {
  byId("open").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", () => {
    take(byId("file").files[0]);
    byId("file").value = "";
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
    take(event.dataTransfer.files[0]);
  });
}

function wireExports() {
  byId("copy").addEventListener("click", async () => {
    let said = "copied";
    await exports.copy(exports.text(result)).catch(() => (said = "copyFailed"));
    byId("copy").textContent = byId("status").textContent = words(said);
    setTimeout(() => (byId("copy").textContent = words("copy")), 2_000);
  });
  for (const button of document.querySelectorAll("[data-save]")) {
    button.addEventListener("click", () => {
      exports.save(exports[button.dataset.save](result), fileName || "talmach");
      byId("download").open = false;
    });
  }
  byId("download").addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    byId("download").open = false;
    byId("download").firstElementChild.focus();
  });
  document.addEventListener("click", (event) => {
    if (!byId("download").contains(event.target)) byId("download").open = false;
  });
}

const asked = new URL(location.href).searchParams;
document.documentElement.dataset.theme = THEMES.includes(asked.get("theme")) ? asked.get("theme") : "auto";
setBusy(false);
showFace("compose");
wire();
speak(asked.get("ui") ?? wording.ofBrowser());
meetServer();
