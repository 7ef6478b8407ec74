import {
  type Backend,
  DEFAULT_SIGNATURE,
  type FileEntry,
  type LoadedModel,
  type LoadOptions,
  type NamedTensors,
  PREDICT_METHOD,
  type RunCall,
  type Signature,
  type VersionFiles,
} from "../../src/index.js";

/** A signature of one float32 input `x` of any shape and one output `y` like it. */
export const ECHO_SIGNATURE: Signature = {
  inputs: new Map([["x", { dtype: "float32", shape: [-1] }]]),
  outputs: new Map([["y", { dtype: "float32", shape: [-1] }]]),
  method: PREDICT_METHOD,
  shapes: "binding",
};

/** A backend whose loads and runs a test holds up, fails and counts. */
export class FakeBackend implements Backend {
  readonly name: string = "fake";
  readsContents = false;
  readonly loads: string[] = [];
  readonly live = new Set<string>();
  signature: Signature = ECHO_SIGNATURE;
  /** What its streams give, where it has any. */
  stream: LoadedModel["stream"];
  maxStreams: number | undefined;
  /** Called before a load succeeds; may throw or wait. */
  onLoad: (key: string, signal: AbortSignal) => Promise<void> = async () => {};
  /** Called before a run answers. */
  onRun: (call: RunCall) => Promise<void> = async () => {};

  recognizes(files: readonly FileEntry[]): boolean {
    return files.some(({ path }) => path.endsWith(".fake"));
  }

  async load(_files: VersionFiles, { model, version, signal }: LoadOptions): Promise<LoadedModel> {
    const key = `${model}/${version}`;
    this.loads.push(key);
    await this.onLoad(key, signal);
    this.live.add(key);
    return {
      signatures: new Map([[DEFAULT_SIGNATURE, this.signature]]),
      details: new Map([["engine", "fake"]]),
      run: async (call): Promise<NamedTensors> => {
        await this.onRun(call);
        const x = call.inputs.get("x");
        return new Map(x === undefined ? [] : [["y", x]]);
      },
      ...(this.stream && { stream: this.stream }),
      maxStreams: this.maxStreams,
      [Symbol.asyncDispose]: async () => {
        this.live.delete(key);
      },
    };
  }
}
