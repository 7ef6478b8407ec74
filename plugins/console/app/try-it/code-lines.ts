import type { InferenceRequest } from "./inference-request.js";

/** Longest argument that every system's shell passes on, with room for what quoting adds; longer bodies go by standard input. */
const MAX_ARGUMENT = 32_000;

/** The lines that send exactly this request from elsewhere, by what they are written in. */
export function codeLines(origin: string, { path, body }: InferenceRequest): ReadonlyMap<string, string> {
  const url = origin + path;
  return new Map([
    ["curl", curlLines(url, body)],
    ["Python", pythonLines(url, body)],
    ["TypeScript", typeScriptLines(url, body)],
  ]);
}

function curlLines(url: string, body: string): string {
  const command = `curl ${shellQuoted(url)} -H 'Content-Type: application/json'`;
  if (body.length <= MAX_ARGUMENT) return `${command} -d ${shellQuoted(body)}`;
  const end = endMark(body);
  return `${command} -d @- <<'${end}'\n${body}\n${end}`;
}

function pythonLines(url: string, body: string): string {
  return `import json, urllib.request

body = ${JSON.stringify(body)}
request = urllib.request.Request(
    ${JSON.stringify(url)}, body.encode(), {"Content-Type": "application/json"}
)
with urllib.request.urlopen(request) as response:
    print(json.dumps(json.load(response), indent=2))`;
}

function typeScriptLines(url: string, body: string): string {
  return `const response = await fetch(${JSON.stringify(url)}, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: ${JSON.stringify(body)},
});
console.log(JSON.stringify(await response.json(), null, 2));`;
}

function shellQuoted(text: string): string {
  return /^[\w./:@%-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A line that the body does not have. */
function endMark(body: string): string {
  const lines = new Set(body.split("\n"));
  let mark = "BODY";
  while (lines.has(mark)) mark += "_";
  return mark;
}
