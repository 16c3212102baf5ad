// A file that was opened or dropped -> headline, body and kind of text.
const FORMATS = { txt: "TEXT", text: "TEXT", html: "HTML", htm: "HTML", md: "MARKDOWN", markdown: "MARKDOWN" };
const MAX_BYTES = 8 << 20; // far beyond what any server takes, and little enough to read at once
const MAX_HEADLINE = 200;

export class UnusableFile extends Error {
  constructor(reason, values) {
    super(reason);
    Object.assign(this, { reason, values });
  }
}

export async function read(file) {
  const ending = /\.(\w+)$/.exec(file.name)?.[1].toLowerCase() ?? "";
  const format = Object.hasOwn(FORMATS, ending) ? FORMATS[ending] : file.type === "text/plain" ? "TEXT" : null;
  if (!format) throw new UnusableFile("FILE_KIND", { name: file.name });
  if (file.size > MAX_BYTES) throw new UnusableFile("FILE_SIZE", { name: file.name, n: file.size / (1 << 20) });
  const text = decoded(new Uint8Array(await file.arrayBuffer()), file.name);
  return { ...(format === "TEXT" ? split(text) : { headline: "", body: text }), format, name: file.name };
}

// The first line is a headline when a blank line follows it and it does not read like a sentence.
export function split(text) {
  const rest = text.trimStart();
  const [line] = /^[^\r\n]*/.exec(rest);
  const headline = line.trimEnd();
  const [gap] = /^(?:\r?\n[^\S\r\n]*){2,}(?=\S)/.exec(rest.slice(line.length)) ?? [];
  if (!gap || headline.length > MAX_HEADLINE || /[.…;:,]$/.test(headline)) return { headline: "", body: text };
  return { headline, body: rest.slice(line.length + gap.length) };
}

function decoded(bytes, name) {
  const mark =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  try {
    const text = new TextDecoder(mark, { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  throw new UnusableFile("FILE_TEXT", { name });
}
