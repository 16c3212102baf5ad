// The contract's messages -> what the page works with: names without prefixes, values that JSON leaves out filled in.

export const FIELDS = ["HEADLINE", "LEAD", "BODY"];

export function segmentOf(message) {
  return {
    index: message.index ?? 0,
    paragraph: message.paragraphIndex ?? 0,
    field: short(message.field, "TEXT_FIELD_"),
    start: message.sourceSpan?.start ?? 0,
    end: message.sourceSpan?.end ?? 0,
    source: message.sourceText ?? "",
    target: message.translatedText ?? "",
    language: message.sourceLanguageCode ?? "",
    status: short(message.status, "SEGMENT_STATUS_"),
    flags: (message.qualityFlags ?? []).map((flag) => short(flag, "QUALITY_FLAG_")),
    kind: short(message.boilerplateKind, "BOILERPLATE_KIND_"),
    pivot: message.pivotLanguageCode ?? "",
    said: message.error?.message ?? "",
  };
}

// The fields of an article, by the names that segments have.
export const fieldsOf = (article) => ({ HEADLINE: article.headline, LEAD: article.lead, BODY: article.body });

// The translation of one field, as far as it has come: what lies between the sentences is that of the source.
export function assembled(source, segments, isComplete) {
  let text = "";
  let end = 0;
  for (const segment of segments) {
    text += source.slice(end, segment.start) + segment.target;
    end = segment.end;
  }
  return isComplete ? text + source.slice(end) : text;
}

function short(name, prefix) {
  const bare = (name ?? "").replace(prefix, "");
  return bare === "UNSPECIFIED" ? "" : bare;
}
