import { realpath } from "node:fs/promises";
import { assetPaths } from "./assets.js";
import { FrozenModel } from "./frozen-model.js";
import { DEFAULT_LIMITS, type Limits } from "./limits.js";
import { readFingerprint } from "./messages/fingerprint-message.js";
import { listMetaGraphs, type MetaGraph, readMetaGraph } from "./messages/meta-graph-message.js";
import { WireReader } from "./messages/wire-reader.js";
import { readWholeFile } from "./read-file.js";
import type { Fingerprint, SavedModel } from "./saved-model.js";
import { SavedModelError } from "./saved-model-error.js";

export interface ReadOptions {
  /** The graph to read is the one of exactly these tags; `["serve"]` where left out, or else the one without tags (Hub modules of TensorFlow 1). */
  readonly tags?: readonly string[];
  /** Only these signatures; all of them where left out. A name that the model does not have is no error here. */
  readonly signatures?: readonly string[];
  /** Whether to read {@link SavedModel.callables}; where left out, only those of a model without signatures. */
  readonly callables?: boolean;
  /** `drop` leaves out `Assert` and what only it needs. Kept where left out. */
  readonly assertions?: "keep" | "drop";
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
}

const GRAPH_FILE = "saved_model.pb";
const FINGERPRINT_FILE = "fingerprint.pb";
const MAX_FINGERPRINT_BYTES = 1024 * 1024;

/**
 * Reads the SavedModel of a folder: `saved_model.pb`, the variables that its signatures need with their checksums checked, the text files
 * of its lookup tables.
 *
 * Takes the memory of `saved_model.pb` and of those variables once. Holds the event loop for no longer than a few MiB of variables take,
 * but for the graph.
 *
 * @throws SavedModelError where nothing of the model can be read, or a file of it is damaged; what else is wrong with one signature stands
 * in {@link SavedModel.refused}
 * @throws the signal's reason
 */
export async function readSavedModel(directory: string, options: ReadOptions = {}): Promise<SavedModel> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const folder = await realpath(directory).catch((error: unknown) => {
    throw new SavedModelError("FILE_MISSING", `Expected the folder of a model at ${directory}`, { cause: error });
  });
  const graph = await readGraphFile(folder, limits, options);
  const fingerprint = await readFingerprintFile(folder, options.signal);
  const model = new FrozenModel({
    directory: folder,
    metaGraph: graph,
    assetPaths: assetPaths(folder, graph.assets),
    limits,
    signal: options.signal,
    assertions: options.assertions ?? "keep",
  });
  const { signatures, refused, callables, resources } = await freeze(model, graph, options).finally(() =>
    model.close(),
  );
  const { tags, tensorflowVersion } = graph;
  return { tags, tensorflowVersion, fingerprint, signatures, refused, callables, resources };
}

async function freeze(
  model: FrozenModel,
  { signatures }: MetaGraph,
  options: ReadOptions,
): ReturnType<FrozenModel["freeze"]> {
  const names = [...signatures.keys()].filter(isServed).sort();
  model.takeSignatures(names.filter((name) => options.signatures?.includes(name) ?? true));
  if (options.callables ?? names.length === 0) await model.takeCallables();
  return model.freeze();
}

async function readGraphFile(directory: string, limits: Limits, { tags, signal }: ReadOptions): Promise<MetaGraph> {
  const bytes = await readWholeFile(directory, GRAPH_FILE, limits.maxGraphBytes, signal).catch(
    async (error: unknown) => {
      throw (await isTextFormat(directory)) ?? error;
    },
  );
  const graphs = listMetaGraphs(WireReader.over(bytes, GRAPH_FILE));
  const wanted = tags === undefined ? [["serve"], []] : [tags];
  for (const choice of wanted) {
    const found = graphs.find((graph) => sameTags(graph.tags, choice));
    if (found !== undefined) return readMetaGraph(found.reader);
  }
  const there = graphs.map((graph) => `[${graph.tags.join(", ")}]`).join(", ") || "none";
  throw new SavedModelError(
    "TAGS_NOT_FOUND",
    `Expected a graph of tags [${wanted[0]?.join(", ")}] in ${GRAPH_FILE}, got ${there}`,
  );
}

async function isTextFormat(directory: string): Promise<SavedModelError | undefined> {
  const text = await readWholeFile(directory, `${GRAPH_FILE}txt`, 0, undefined).catch((error: unknown) => error);
  if (!(text instanceof SavedModelError) || text.reason !== "TOO_LARGE") return undefined;
  return new SavedModelError(
    "UNSUPPORTED",
    `${GRAPH_FILE}txt is in text format, which cannot be read; save the model as ${GRAPH_FILE}`,
  );
}

async function readFingerprintFile(
  directory: string,
  signal: AbortSignal | undefined,
): Promise<Fingerprint | undefined> {
  try {
    const bytes = await readWholeFile(directory, FINGERPRINT_FILE, MAX_FINGERPRINT_BYTES, signal);
    return readFingerprint(WireReader.over(bytes, FINGERPRINT_FILE));
  } catch (error) {
    if (error instanceof SavedModelError && error.reason === "FILE_MISSING") return undefined;
    throw error;
  }
}

/** TensorFlow keeps how to initialise and train a model among its signatures. */
function isServed(name: string): boolean {
  return name !== "__saved_model_init_op" && name !== "__saved_model_train_op";
}

function sameTags(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && [...a].sort().join("\0") === [...b].sort().join("\0");
}
