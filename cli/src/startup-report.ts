import { access } from "node:fs/promises";
import { relative } from "node:path";
import { elementCount, type ModelStatus, type RunningServer, type ServerConfig, type TensorSpec } from "@plinth/core";

/** Largest request that is made up for a curl line, in elements. */
const MAX_MADE_UP_ELEMENTS = 16;

/**
 * What people read when the server is up: where it listens and is looked at, what it serves, and a line to try it with.
 *
 * @param tookMs since the process began
 */
export async function startupReport(server: RunningServer, config: ServerConfig, tookMs: number): Promise<string> {
  const models = server.models.models();
  const lines = [
    `Plinth listens on ${server.endpoints.map(({ url }) => url).join(", ") || "nothing: no protocol is configured"}`,
    ...consoleLines(server, config),
    ...models.map(modelLine),
    ...(models.length === 0 ? ["  no model in the storage yet; it is looked at again and again"] : []),
    `${server.models.readiness().ready ? "Ready" : "Not ready, see /readyz"} after ${Math.round(tookMs)} ms`,
    ...(await tryLines(server, config)),
  ];
  return `${lines.join("\n")}\n`;
}

function consoleLines(server: RunningServer, { extensions }: ServerConfig): readonly string[] {
  const url = httpUrl(server);
  const hasConsole = extensions.some(({ plugin }) => plugin.name === "@plinth/console");
  return hasConsole && url !== undefined ? [`The console is at ${url}/console/`] : [];
}

function httpUrl({ endpoints }: RunningServer): string | undefined {
  return endpoints.find(({ url }) => /^https?:/.test(url))?.url;
}

function modelLine({ model, versions, error }: ModelStatus): string {
  const states = versions.map(({ version, state, onDemand, error: why }) => {
    const loading = onDemand === true ? ", loaded on demand" : "";
    return `version ${version} ${state}${loading}${why === undefined ? "" : ` (${why.message})`}`;
  });
  return `  ${model}: ${error?.message ?? (states.join(", ") || "no version in the storage")}`;
}

async function tryLines(server: RunningServer, config: ServerConfig): Promise<readonly string[]> {
  const url = httpUrl(server);
  const model = server.models
    .models()
    .find(({ versions }) => versions.some(({ state }) => state === "available"))?.model;
  if (url === undefined || model === undefined) return [];
  const address = `${url}/v1/models/${encodeURIComponent(model)}`;
  const body = (await exampleBody(config.models?.get(model)?.example)) ?? (await madeUpBody(server, model));
  return ["Try it:", body === undefined ? `  curl ${address}` : `  curl ${address}:predict -d ${body}`];
}

/** A file as curl takes it, if it is there. */
async function exampleBody(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    await access(file);
  } catch {
    return undefined;
  }
  const near = relative(process.cwd(), file);
  return shellQuoted(`@${near.startsWith("..") ? file : near}`);
}

/** One instance of zeros, for models that take few numbers. */
async function madeUpBody(server: RunningServer, model: string): Promise<string | undefined> {
  using handle = await server.models.acquire({ model });
  const inputs = handle.signatures.get("serving_default")?.inputs;
  if (inputs === undefined) return undefined;
  const values: Record<string, unknown> = {};
  for (const [name, { dtype, shape }] of inputs) {
    const concrete = shape?.map((dimension) => (dimension === -1 ? 1 : dimension));
    if (concrete === undefined || elementCount(concrete) > MAX_MADE_UP_ELEMENTS) return undefined;
    values[name] = nested(concrete, zeroOf(dtype));
  }
  return shellQuoted(JSON.stringify({ inputs: values }));
}

function zeroOf(dtype: TensorSpec["dtype"]): unknown {
  if (dtype === "string") return "";
  return dtype === "bool" ? false : 0;
}

function nested([first, ...rest]: readonly number[], value: unknown): unknown {
  return first === undefined ? value : Array.from({ length: first }, () => nested(rest, value));
}

/** The text as one word of a POSIX shell. */
function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
