// The server's API: protobuf's JSON over HTTP, and server-sent events. Every failure has a reason.

let token = ""; // in memory only

export function useToken(given) {
  token = given.trim();
}

// Of somebody whose token is missing or wrong.
export const REFUSALS = ["UNAUTHENTICATED", "PERMISSION_DENIED"];

// What went wrong: `reason` is the server's, or GONE, CUT, UNREADABLE; `said` are the server's own words.
export class Failure extends Error {
  constructor(reason, { said = "", waitS = null, violations = [], cause } = {}) {
    super(reason, { cause });
    Object.assign(this, { reason, said, waitS, violations });
  }
}

export async function ask(path, body, signal) {
  const response = await send(path, body, "application/json", signal);
  return readable(() => response.json());
}

// The events of a stream as `{ name, data }`; CUT when it ends anywhere but at its end.
export async function* stream(path, body, signal) {
  const response = await send(path, body, "text/event-stream", signal);
  const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await pieces.read();
      if (done) break;
      const lines = (rest + value).split(/\r?\n\r?\n/);
      rest = lines.pop();
      for (const block of lines) {
        const event = parsed(block);
        if (event?.name === "error") throw failureOf(event.data.error);
        if (event) yield event;
        if (event?.name === "trailer") return;
      }
    }
  } catch (error) {
    if (error instanceof Failure || signal.aborted) throw error;
    throw new Failure("CUT", { cause: error });
  } finally {
    pieces.cancel().catch(() => {}); // of a stream that is broken already
  }
  throw new Failure("CUT");
}

async function send(path, body, accepted, signal) {
  const headers = { accept: accepted };
  if (token) headers.authorization = `Bearer ${token}`;
  if (body) headers["content-type"] = "application/json";
  const request = { method: body ? "POST" : "GET", headers, signal, cache: "no-store", credentials: "same-origin" };
  let response;
  try {
    response = await fetch(path, body ? { ...request, body: JSON.stringify(body) } : request);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Failure("GONE", { cause: error });
  }
  if (response.ok) return response;
  const { error } = await readable(() => response.json(), response.status);
  throw failureOf(error);
}

async function readable(read, status = "") {
  try {
    return await read();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure("UNREADABLE", { said: String(status), cause: error });
  }
}

function parsed(block) {
  let name = "message";
  const data = [];
  for (const line of block.split(/\r?\n/)) {
    const [, field, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (field === "event") name = value;
    if (field === "data") data.push(value);
  }
  if (!data.length) return null; // a comment that keeps the connection open
  try {
    return { name, data: JSON.parse(data.join("\n")) };
  } catch (error) {
    throw new Failure("UNREADABLE", { cause: error });
  }
}

function failureOf(error) {
  if (!error) return new Failure("UNREADABLE");
  const detail = (name) => (error.details ?? []).find((each) => each["@type"]?.endsWith(`google.rpc.${name}`)) ?? {};
  const delay = detail("RetryInfo").retryDelay;
  return new Failure(detail("ErrorInfo").reason ?? error.status ?? "FAILED", {
    said: error.message ?? "",
    waitS: delay ? Math.ceil(parseFloat(delay)) : null,
    violations: detail("BadRequest").fieldViolations ?? [],
  });
}
