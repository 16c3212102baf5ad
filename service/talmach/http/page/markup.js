// How a piece of the source looks to a reader: of HTML its words and their emphasis, of anything else the text itself.

const EMPHASIS = new Set(["B", "STRONG", "I", "EM", "CITE", "U", "S", "SUB", "SUP", "CODE", "MARK", "Q", "SMALL"]);
const UNSEEN = new Set(["SCRIPT", "STYLE", "TEMPLATE", "TITLE", "TEXTAREA", "NOSCRIPT", "IFRAME", "OBJECT", "SVG"]);

// The one place where markup is parsed: into a document that runs, loads and shows nothing. What is shown is made anew.
const inert = globalThis.trustedTypes?.createPolicy("inert", { createHTML: (text) => text });

// Nodes for one sentence, or for what lies between two.
export function shown(text, format) {
  if (format !== "HTML" || !/[<&]/.test(text)) return [text];
  return [...copies(bodyOf(text))];
}

// The words of a piece of HTML.
export function bare(text, format) {
  if (format !== "HTML" || !/[<&]/.test(text)) return text;
  return [...copies(bodyOf(text))].map((node) => (typeof node === "string" ? node : node.textContent)).join("");
}

function bodyOf(text) {
  const page = `<body>${text}`; // without it, a blank at the beginning would be lost
  return new DOMParser().parseFromString(inert ? inert.createHTML(page) : page, "text/html").body;
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
