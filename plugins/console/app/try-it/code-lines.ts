import type { InferenceRequest } from "./inference-request.js";

/** Longest argument that every system's shell passes on, with room for what quoting adds; longer bodies go by standard input. */
const MAX_ARGUMENT = 32_000;

/** The lines that send exactly this request from elsewhere, by what they are written in. */
export function codeLines(origin: string, { verb, path, body }: InferenceRequest): ReadonlyMap<string, string> {
  const url = origin + path;
  const isStream = verb === "generate_stream";
  return new Map([
    ["curl", curlLines(url, body, isStream)],
    ["Python", pythonLines(url, body, isStream)],
    ["TypeScript", typeScriptLines(url, body, isStream)],
  ]);
}

function curlLines(url: string, body: string, isStream: boolean): string {
  const command = `curl ${isStream ? "-N " : ""}${shellQuoted(url)} -H 'Content-Type: application/json'`;
  if (body.length <= MAX_ARGUMENT) return `${command} -d ${shellQuoted(body)}`;
  const end = endMark(body);
  return `${command} -d @- <<'${end}'\n${body}\n${end}`;
}

function pythonLines(url: string, body: string, isStream: boolean): string {
  const printed = isStream
    ? `    for line in response:
        print(line.decode(), end="", flush=True)`
    : "    print(json.dumps(json.load(response), indent=2))";
  return `import ${isStream ? "" : "json, "}urllib.request

body = ${JSON.stringify(body)}
request = urllib.request.Request(
    ${JSON.stringify(url)}, body.encode(), {"Content-Type": "application/json"}
)
with urllib.request.urlopen(request) as response:
${printed}`;
}

function typeScriptLines(url: string, body: string, isStream: boolean): string {
  const printed = isStream
    ? `const decoder = new TextDecoder();
for await (const part of response.body ?? []) process.stdout.write(decoder.decode(part, { stream: true }));`
    : "console.log(JSON.stringify(await response.json(), null, 2));";
  return `const response = await fetch(${JSON.stringify(url)}, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: ${JSON.stringify(body)},
});
${printed}`;
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
