// One article's way: asked of the server, shown as it comes, summarised beside it.
import { ask, Failure, REFUSALS, stream } from "./api.js";
import { segmentOf } from "./contract.js";
import { breathe, byId, make } from "./dom.js";
import { inWords } from "./failure.js";
import { doubtsOf } from "./notes.js";
import { words } from "./words.js";

export class Translation {
  result = null; // everything that came of the last call
  #running = null; // what ends the call that is going on
  #summarizing = null; // the same for its summary
  #parts;

  // `parts`: input, terms, reader, pointing, summary, facts, failure, and `show`, which turns the page to its reading face.
  constructor(parts) {
    this.#parts = parts;
  }

  stop() {
    this.#running?.abort();
    this.#summarizing?.abort();
  }

  // The article is another by now: end its calls without a word about it.
  leave() {
    this.stop();
    this.#running = null;
    this.result = null;
    setBusy(false);
  }

  async start() {
    const { input, terms, failure } = this.#parts;
    this.stop();
    const call = new AbortController();
    this.#running = call;
    failure.clear();
    terms.clearNotes();
    const { article, format } = input;
    const options = optionsOf(format, terms);
    const result = { article, options, format, target: options.targetLanguageCode, segments: [], messages: [] };
    try {
      if (!`${article.headline}${article.body}`.trim()) throw new Failure("EMPTY_TEXT");
      setBusy(true);
      for await (const { name, data } of stream("v1/article", { article, options }, call.signal)) {
        if (name === "header") this.#begin(result, data);
        else if (name === "segment") this.#add(result, data);
        else if (name === "trailer") this.#finish(result, data);
        await breathe();
        if (call.signal.aborted) throw new Failure("STOPPED");
      }
    } catch (error) {
      // Another call that has taken its place has nothing to do with what becomes of this one.
      if (call === this.#running) this.#report(result, call.signal.aborted ? new Failure("STOPPED") : error);
    } finally {
      if (call === this.#running) {
        this.#running = null;
        setBusy(false);
      }
    }
  }

  async summarize() {
    const { summary, reader } = this.#parts;
    this.#summarizing?.abort();
    byId("summary").hidden = !byId("with-summary").checked;
    if (byId("summary").hidden || !this.result) return;
    const call = new AbortController();
    this.#summarizing = call;
    const result = this.result;
    const { article, options } = result;
    const summaryOptions = { maxSentences: summary.maxSentences, returnAllScores: true };
    summary.wait();
    try {
      const answer = await ask("v1/summary", { article, options, summaryOptions }, call.signal);
      call.signal.throwIfAborted();
      result.summary = answer.summary ?? {};
      reader.choose(summary.show(result.summary, result.format));
    } catch (error) {
      if (call !== this.#summarizing) return; // another one has taken its place
      const again = make("button", { type: "button", class: "quiet", onclick: () => this.summarize() }, words("again"));
      const said = error.said ? [make("q", { lang: "en" }, error.said)] : [];
      const failed = () => `${words("failures.SUMMARY")} ${inWords(error.reason)}`;
      summary.fail(`${call.signal.aborted ? words("summaryStopped") : failed()} `, ...said, again);
    }
  }

  retell() {
    if (!this.result) return;
    const { facts, terms } = this.#parts;
    facts.begin();
    for (const segment of this.result.segments) this.#tellDoubts(segment);
    facts.tell(this.result);
    terms.showUsages(this.result.trailer?.glossaryUsages ?? []);
  }

  #begin(result, header) {
    const { reader, pointing, facts, show } = this.#parts;
    this.result = Object.assign(result, { header });
    pointing.forget();
    reader.begin(result.article, result.format, result.target);
    result.segments = reader.segments;
    facts.begin();
    facts.tell(result);
    show();
    this.summarize();
  }

  #add(result, message) {
    const { reader, facts } = this.#parts;
    const segment = segmentOf(message);
    result.messages.push(message);
    reader.add(segment);
    this.#tellDoubts(segment);
    facts.progress(result.messages.length, result.header.segmentCount ?? 0);
  }

  #tellDoubts(segment) {
    const doubts = doubtsOf(segment);
    if (doubts.length) this.#parts.facts.addDoubts(segment, doubts, this.result);
  }

  #finish(result, trailer) {
    const { reader, terms, facts, failure } = this.#parts;
    result.trailer = trailer;
    reader.end(true);
    terms.showUsages(trailer.glossaryUsages ?? []);
    facts.tell(result);
    const sentences = words("sentences", { n: result.messages.length });
    byId("status").textContent = words("done", { sentences, doubts: words("doubts", { n: facts.doubtCount }) });
    const isSame = result.header.sourceLanguageCode === result.target;
    if (isSame && result.segments.every((each) => each.status === "COPIED")) failure.hint("sameLanguage");
  }

  #report(result, error) {
    const { reader, terms, facts, failure } = this.#parts;
    const known = error instanceof Failure ? error : new Failure("FAILED", { cause: error });
    if (known !== error) console.error(error.name); // a fault of the page: its name, and nothing of a text
    const isBegun = result === this.result;
    if (isBegun) {
      reader.end(false);
      facts.tell(result);
    }
    const others = terms.showViolations(known.violations);
    // The server's reason is that of the first violation, and what is wrong with a row is not wrong with the article.
    const reason = known.violations.length ? (others[0]?.reason ?? "TERMS") : known.reason;
    if (REFUSALS.includes(known.reason)) byId("access").hidden = false;
    failure.tell({
      reason: reason === "CUT" && !isBegun ? "GONE" : reason,
      said: known.said,
      waitS: known.waitS,
      values: { done: result.messages.length, total: result.header?.segmentCount ?? 0 },
      canRetry: known.reason !== "EMPTY_TEXT" && !known.violations.length, // what is wrong with a request stays wrong
    });
  }
}

function optionsOf(format, terms) {
  return {
    sourceLanguageCode: byId("from").value,
    targetLanguageCode: byId("to").value,
    ...terms.options(),
    removeBoilerplate: byId("without-boilerplate").checked,
    offsetEncoding: "OFFSET_ENCODING_UTF16",
    format: `TEXT_FORMAT_${format}`,
  };
}

function setBusy(isBusy) {
  byId("go").hidden = isBusy;
  byId("stop").hidden = !isBusy;
  byId("progress").hidden = !isBusy;
}
