import { join } from "node:path";
import { type LoadedModel, PlinthError, type VersionFiles } from "@plinth/core";
import { type Fingerprint, type ModelSignature, readSavedModel, type SavedModel } from "@plinth/saved-model";
import { CompiledModel, type CompiledModelOptions, type CompiledSignature } from "../compiled-model.js";
import { type Engine, engineDetails } from "../engine/engine.js";
import { compileProgram } from "../graph/compile-program.js";
import { orderGraph } from "../graph/order-graph.js";
import { unsupportedOps } from "../ops/converter-ops.js";
import { isSupported } from "../ops/find-op.js";
import { runWarmUpRecords } from "../warm-up/run-warm-up-records.js";
import { ModelState } from "./model-state.js";
import { modelError, refusalOf } from "./saved-model-errors.js";
import { SignatureContext } from "./signature-context.js";
import { callableSignatures, signatureOf } from "./signatures.js";

export interface LoadSavedModelOptions {
  readonly engine: Engine;
  readonly tags: readonly string[];
  /** How often each recorded request is run to warm up. */
  readonly warmUpIterations: number;
  readonly signal: AbortSignal;
}

type WarmUp = NonNullable<CompiledModelOptions["warmUp"]>;

/** Loads a SavedModel, or a Hub module that is one. Signatures that cannot be served are told in its details; the others are served. */
export async function loadSavedModel(
  files: VersionFiles,
  folder: string,
  { engine, tags, warmUpIterations, signal }: LoadSavedModelOptions,
): Promise<LoadedModel> {
  const directory = join(files.directory, folder);
  const saved = await readSavedModel(directory, { tags, signal }).catch((thrown: unknown) => {
    throw modelError(thrown);
  });
  const warmUp: WarmUp = (model, warming) =>
    runWarmUpRecords(model, { directory, iterations: warmUpIterations, signal: warming });
  const session = engine.name === "native" ? await openSession(directory, saved, engine, warmUp) : undefined;
  if (session !== undefined) return session;
  const state = new ModelState(saved.resources);
  try {
    const { signatures, refused } = await compileSignatures(saved, state, signal);
    state.seal();
    const details = detailsOf(saved, engine, refused);
    return new CompiledModel({ signatures, details, dispose: () => state.dispose(), warmUp });
  } catch (error) {
    state.dispose();
    throw error;
  }
}

/**
 * A session of TensorFlow's own for the signatures. `undefined` for functions without one, which are none of a session, and for graphs that
 * a session does not take, as those that name a GPU: they are computed op by op on TensorFlow's kernels.
 */
async function openSession(
  directory: string,
  saved: SavedModel,
  engine: Engine,
  warmUp: WarmUp,
): Promise<LoadedModel | undefined> {
  if (saved.signatures.size === 0) return undefined;
  const [{ openNativeModel }, { nativeBinding }] = await Promise.all([
    import("../native/native-model.js"),
    import("../native/native-engine.js"),
  ]);
  const refused = new Map([...saved.refused].map(([name, error]) => [name, modelError(error)]));
  const signatures = new Map([...callableSignatures(saved)].map(([name, signature]) => [name, signatureOf(signature)]));
  const details = detailsOf(saved, engine, refused);
  return openNativeModel(nativeBinding(), { directory, tags: saved.tags, signatures, details, warmUp });
}

interface Compiled {
  readonly signatures: ReadonlyMap<string, CompiledSignature>;
  readonly refused: ReadonlyMap<string, PlinthError>;
}

async function compileSignatures(saved: SavedModel, state: ModelState, signal: AbortSignal): Promise<Compiled> {
  const signatures = new Map<string, CompiledSignature>();
  const refused = new Map([...saved.refused].map(([name, error]) => [name, modelError(error)]));
  for (const [name, signature] of callableSignatures(saved)) {
    try {
      checkOps(signature);
      signatures.set(name, await compileSignature(signature, state, signal));
    } catch (thrown) {
      signal.throwIfAborted();
      refused.set(name, PlinthError.from(thrown, "MODEL_FILE_INVALID"));
    }
  }
  if (signatures.size === 0) throw refusalOf(refused);
  return { signatures, refused };
}

function checkOps({ ops }: ModelSignature): void {
  const missing = [...ops].filter(([op]) => !isSupported(op));
  if (missing.length > 0) throw unsupportedOps(missing);
}

async function compileSignature(
  signature: ModelSignature,
  state: ModelState,
  signal: AbortSignal,
): Promise<CompiledSignature> {
  const { nodes, inputs, outputs } = signature;
  const asked = outputs.map(({ tensor }) => tensor);
  const hasLoops = nodes.some(({ op }) => op === "Enter");
  const ordered = hasLoops ? orderGraph(nodes, asked) : { nodes, outputs: asked, functions: new Map() };
  const functions = new Map([...signature.functions, ...ordered.functions]);
  await state.upload([...nodes, ...[...functions.values()].flatMap((each) => each.nodes)], signal);
  const program = compileProgram(
    { nodes: ordered.nodes, inputs: inputs.map(({ tensor }) => tensor), outputs: ordered.outputs },
    new SignatureContext(state, functions),
  );
  return { signature: signatureOf(signature), program, captured: [] };
}

function detailsOf(
  saved: SavedModel,
  engine: Engine,
  refused: ReadonlyMap<string, PlinthError>,
): ReadonlyMap<string, string> {
  const { tensorflowVersion, fingerprint } = saved;
  return new Map([
    ["format", tensorflowVersion === "" ? "SavedModel" : `SavedModel of TensorFlow ${tensorflowVersion}`],
    ...engineDetails(engine),
    ...(fingerprint === undefined ? [] : [["fingerprint", singleprint(fingerprint)] as const]),
    ...[...refused].map(([name, { message }]) => [`refused signature ${name}`, message] as const),
  ]);
}

/** As TensorFlow's `Fingerprint.singleprint()` writes it: the same for models that answer the same. */
function singleprint(fingerprint: Fingerprint): string {
  const { graphDefProgramHash, signatureDefHash, savedObjectGraphHash, checkpointHash } = fingerprint;
  return [graphDefProgramHash, signatureDefHash, savedObjectGraphHash, checkpointHash].join("/");
}
