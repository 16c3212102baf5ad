// What there is to say about a sentence, in words.
import { words } from "./words.js";

// Doubts are what somebody should look at; remarks are what explains the rest.
export function doubtsOf(segment) {
  const failed = segment.status === "FAILED" ? [joined(words("statuses.FAILED"), segment.said)] : [];
  return [...failed, ...segment.flags.map((flag) => words(`flags.${flag}`) ?? flag)];
}

export function remarksOf(segment) {
  const remarks = [];
  if (segment.kind) remarks.push(`${words("boilerplate")}: ${words(`kinds.${segment.kind}`) ?? segment.kind}.`);
  if (segment.status === "COPIED" || segment.status === "DROPPED_BOILERPLATE") {
    remarks.push(words(`statuses.${segment.status}`));
  }
  if (segment.pivot) remarks.push(words("pivot", { language: words(segment.pivot) ?? segment.pivot }));
  return remarks;
}

function joined(sentence, said) {
  return said ? `${sentence} (${said})` : sentence;
}
