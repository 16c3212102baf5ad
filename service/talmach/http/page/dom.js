// Elements, made one by one: what anybody sends becomes text, never markup.

export const byId = (id) => document.getElementById(id);

// `make("p", { class: "lead", lang: "be", onclick: act }, "text", element)`; a property that is null or false is left out.
export function make(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

const SLICE_MS = 8; // of work between two chances to paint and to answer a key
let sliceStart = 0;

// Called between two small pieces of work: gives way to the browser when they have taken long enough. On a processor that
// is six times slower, an article of 100,000 characters has tasks of up to 1.3 s without it, and of 0.3 s with it.
export async function breathe() {
  if (performance.now() - sliceStart < SLICE_MS) return;
  await turn();
  sliceStart = performance.now();
}

// A message comes at once also in a tab that nobody looks at, where timers and frames would keep the server waiting.
function turn() {
  if (globalThis.scheduler?.yield) return scheduler.yield();
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
