// How a piece of the source looks to a reader: of HTML its words and their emphasis, of anything else the text itself.

const EMPHASIS = new Set(["B", "STRONG", "I", "EM", "CITE", "U", "S", "SUB", "SUP", "CODE", "MARK", "Q", "SMALL"]);
const UNSEEN = new Set(["SCRIPT", "STYLE", "TEMPLATE", "TITLE", "TEXTAREA", "NOSCRIPT", "IFRAME", "OBJECT", "SVG"]);
const BLOCKS = new Set(
  (
    "ADDRESS ARTICLE ASIDE BLOCKQUOTE CAPTION DD DIV DL DT FIELDSET FIGCAPTION FIGURE FOOTER FORM H1 H2 H3 H4 H5 H6 " +
    "HEADER HR LI MAIN NAV OL P PRE SECTION TABLE TD TH TR UL"
  ).split(" "),
);

// The one place where markup is parsed: in a document that runs, loads and shows nothing. What is shown is made anew.
const inert = document.implementation.createHTMLDocument("");
const policy = globalThis.trustedTypes?.createPolicy("inert", { createHTML: (text) => text });

// Nodes for one sentence, or for what lies between two.
export function shown(text, format) {
  if (format !== "HTML" || !/[<&]/.test(text)) return [text];
  return [...copies(parsed(text))];
}

// The words of a piece of HTML.
export function bare(text, format) {
  if (format !== "HTML" || !/[<&]/.test(text)) return text;
  return [...copies(parsed(text))].map((node) => (typeof node === "string" ? node : node.textContent)).join("");
}

// A whole document as plain text: its story where it says which part that is, block by block.
export function plain(html) {
  const page = parsed(html);
  const story = page.querySelector("article") ?? page.querySelector("main, [role=main]") ?? page;
  const headline = story.querySelector("h1") ?? page.querySelector("h1");
  const title = headline?.textContent.replace(/\s+/g, " ").trim() ?? "";
  headline?.remove();
  const text = [...blocks(story)].join("").replace(/[^\S\n]+/g, " ");
  return {
    headline: title,
    body: text
      .replace(/ ?\n ?/g, "\n")
      .replace(/\n{3,}/g, "\n\n")
      .trim(),
  };
}

function* blocks(parent) {
  for (const node of parent.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) yield node.data.replace(/\s+/g, " ");
    if (node.nodeType !== Node.ELEMENT_NODE || UNSEEN.has(node.tagName.toUpperCase())) continue;
    const isBlock = BLOCKS.has(node.tagName);
    if (isBlock) yield "\n\n";
    yield* blocks(node);
    if (isBlock) yield "\n\n";
    if (node.tagName === "BR") yield "\n";
  }
}

// A style in a tag has no effect there, but each would be told of as a breach of the page's policy.
const unstyled = (text) => text.replace(/<[a-z][^>]*/gi, (tag) => tag.replace(/\bstyle(?=\s*=)/gi, "data-style"));

function parsed(text) {
  const range = inert.createRange();
  range.selectNodeContents(inert.body);
  return range.createContextualFragment(policy ? policy.createHTML(unstyled(text)) : text);
}

function* copies(parent) {
  for (const node of parent.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) yield node.data;
    else if (node.nodeType === Node.ELEMENT_NODE && !UNSEEN.has(node.tagName.toUpperCase())) yield* copy(node);
  }
}

function* copy(element) {
  if (!EMPHASIS.has(element.tagName)) {
    yield* copies(element);
    return;
  }
  const made = document.createElement(element.tagName);
  made.append(...copies(element));
  yield made;
}
