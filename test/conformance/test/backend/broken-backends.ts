import { type FileHandle, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type FileEntry,
  type LoadOptions,
  type NamedTensors,
  PlinthError,
  type RunCall,
  type Signature,
  type Tensor,
  type VersionFiles,
} from "@plinth/core";
import { type BrokenBackend, withModel } from "./broken-backend.js";
import { brokenStreams } from "./broken-streams.js";
import {
  inputOf,
  LinearBackend,
  LinearModel,
  linearSignature,
  linearSignatures,
  MODEL_PATH,
} from "./linear-backend.js";

/** Files that broken backends leave open; the test closes them. */
export const leftOpen: FileHandle[] = [];

export const brokenBackends: readonly BrokenBackend[] = [
  {
    fault: "says that it reads contents, and looks for a folder",
    create: class extends LinearBackend {
      protected override readModel({ directory }: VersionFiles): Promise<string> {
        return readFile(join(directory, MODEL_PATH), "utf8");
      }
    },
    caughtBy: "answers alike where the files lie in memory, and refuses the same",
  },
  {
    fault: "recognizes nothing",
    create: class extends LinearBackend {
      override recognizes(): boolean {
        return false;
      }
    },
    caughtBy: "recognizes the files of its models",
  },
  {
    fault: "recognizes everything",
    create: class extends LinearBackend {
      override recognizes(): boolean {
        return true;
      }
    },
    caughtBy: "does not recognize files of no model",
  },
  {
    fault: "reads paths as regular expressions",
    create: class extends LinearBackend {
      override recognizes(files: readonly FileEntry[]): boolean {
        return files.some(({ path }) => path === MODEL_PATH || new RegExp(path).test("never"));
      }
    },
    caughtBy: "answers for the oddest paths without throwing",
  },
  {
    fault: "tells another dtype than the model has",
    create: withModel(
      class extends LinearModel {
        override readonly signatures = signaturesOf({ dtype: "float64", shape: [2] });
      },
    ),
    caughtBy: "tells the signatures of its models",
  },
  {
    fault: "learns its shapes by running",
    create: withModel(
      class extends LinearModel {
        override signatures = signaturesOf({ dtype: "float32", shape: [2] });
        override async run(call: RunCall): Promise<NamedTensors> {
          const outputs = await super.run(call);
          this.signatures = signaturesOf({ dtype: "float32", shape: [-1] });
          return outputs;
        }
      },
    ),
    caughtBy: "does not change its signatures by running",
  },
  {
    fault: "loads one model at a time",
    create: class extends LinearBackend {
      #loading = false;
      override async load(files: VersionFiles, options: LoadOptions): Promise<LinearModel> {
        if (this.#loading) throw new Error("busy");
        this.#loading = true;
        return super.load(files, options).finally(() => {
          this.#loading = false;
        });
      }
    },
    caughtBy: "loads the same files several times at once",
  },
  {
    fault: "gives all who load the same files the same model",
    create: class extends LinearBackend {
      #model: Promise<LinearModel> | undefined;
      override load(files: VersionFiles, options: LoadOptions): Promise<LinearModel> {
        this.#model ??= super.load(files, options);
        return this.#model;
      }
    },
    caughtBy: "loads the same files several times at once",
  },
  {
    fault: "disposes the files that it was given",
    create: class extends LinearBackend {
      override async load(files: VersionFiles, options: LoadOptions): Promise<LinearModel> {
        await using ours = files;
        return await super.load(ours, options);
      }
    },
    caughtBy: "leaves the files to whoever opened them",
  },
  {
    fault: "passes on whatever its parser throws",
    create: class extends LinearBackend {
      override async load(files: VersionFiles, options: LoadOptions): Promise<LinearModel> {
        return super.load(files, options).catch((thrown: unknown) => {
          throw thrown instanceof PlinthError ? new SyntaxError(`${MODEL_PATH}: unexpected token`) : thrown;
        });
      }
    },
    caughtBy: "refuses what it cannot load with the reason and the file's name",
  },
  {
    fault: "does not say which file is broken",
    create: class extends LinearBackend {
      override async load(files: VersionFiles, options: LoadOptions): Promise<LinearModel> {
        return super.load(files, options).catch((thrown: unknown) => {
          throw thrown instanceof PlinthError ? new PlinthError("MODEL_FILE_INVALID", "The model is broken") : thrown;
        });
      }
    },
    caughtBy: "refuses what it cannot load with the reason and the file's name",
  },
  {
    fault: "loads nothing more after a failure",
    create: class extends LinearBackend {
      #failure: unknown;
      override async load(files: VersionFiles, options: LoadOptions): Promise<LinearModel> {
        if (this.#failure !== undefined) throw this.#failure;
        return super.load(files, options).catch((thrown: unknown) => {
          this.#failure = thrown;
          throw thrown;
        });
      }
    },
    caughtBy: "loads a model after it has refused one",
  },
  {
    fault: "does not look at the signal",
    create: class extends LinearBackend {
      override load(files: VersionFiles, options: LoadOptions): Promise<LinearModel> {
        return super.load(files, { ...options, signal: new AbortController().signal });
      }
    },
    caughtBy: "is cancelled by a signal that has aborted before",
  },
  {
    fault: "calls an aborted load a broken file",
    create: class extends LinearBackend {
      override async load(files: VersionFiles, options: LoadOptions): Promise<LinearModel> {
        return super.load(files, options).catch((thrown: unknown) => {
          throw PlinthError.from(thrown).code === "CANCELLED"
            ? new PlinthError("MODEL_FILE_INVALID", "cut off")
            : thrown;
        });
      }
    },
    caughtBy: "is cancelled or done when the signal aborts while it loads",
  },
  {
    fault: "computes something else",
    create: class extends LinearBackend {
      protected override createModel(slope: number, offset: number): LinearModel {
        return new LinearModel(slope, offset + 0.001);
      }
    },
    caughtBy: "answers what the model answers",
  },
  {
    fault: "gives all outputs, whatever is asked for",
    create: withModel(
      class extends LinearModel {
        override run(call: RunCall): Promise<NamedTensors> {
          return super.run({ ...call, outputs: ["y", "negative"] });
        }
      },
    ),
    caughtBy: "gives only the outputs that are asked for, in that order",
  },
  {
    fault: "keeps the call under way in a field",
    create: withModel(
      class extends LinearModel {
        #call: RunCall | undefined;
        override async run(call: RunCall): Promise<NamedTensors> {
          this.#call = call;
          await Promise.resolve();
          return super.run(this.#call);
        }
      },
    ),
    caughtBy: "gives each of many overlapping runs its own answer",
  },
  {
    fault: "takes the whole buffer of a view",
    create: withModel(
      class extends LinearModel {
        override run(call: RunCall): Promise<NamedTensors> {
          const { shape, values } = inputOf(call.inputs);
          const data = new Float32Array(values.buffer, 0, values.length);
          return super.run({ ...call, inputs: new Map([["x", { dtype: "float32", shape, data }]]) });
        }
      },
    ),
    caughtBy: "takes inputs that are views into larger buffers",
  },
  {
    fault: "computes in the memory of its inputs",
    create: withModel(
      class extends LinearModel {
        override async run(call: RunCall): Promise<NamedTensors> {
          const outputs = await super.run(call);
          const y = outputs.get("y")?.data as Float32Array | undefined;
          if (y !== undefined) inputOf(call.inputs).values.set(y);
          return outputs;
        }
      },
    ),
    caughtBy: "does not write to its inputs",
  },
  {
    fault: "uses the memory of its outputs again",
    create: withModel(
      class extends LinearModel {
        readonly #buffers = new Map<string, Float32Array>();
        override async run(call: RunCall): Promise<NamedTensors> {
          const outputs = await super.run(call);
          return new Map([...outputs].map(([name, output]) => [name, this.#reuse(name, output)]));
        }
        #reuse(name: string, output: Tensor): Tensor {
          const buffer = this.#buffers.get(name) ?? new Float32Array(2);
          this.#buffers.set(name, buffer);
          buffer.set(output.data as Float32Array);
          return { dtype: "float32", shape: [2], data: buffer };
        }
      },
    ),
    caughtBy: "gives outputs that share no memory with inputs, with each other's runs or with the model",
  },
  {
    fault: "passes on what the kernel throws at misshapen inputs",
    create: withModel(
      class extends LinearModel {
        override async run(call: RunCall): Promise<NamedTensors> {
          return super.run(call).catch((thrown: PlinthError) => {
            throw thrown.reason === "INPUT_SHAPE_MISMATCH" ? new RangeError("offset out of bounds") : thrown;
          });
        }
      },
    ),
    caughtBy: "refuses misshapen inputs as such and goes on",
  },
  {
    fault: "breaks at a signal that has aborted",
    create: withModel(
      class extends LinearModel {
        override async run(call: RunCall): Promise<NamedTensors> {
          if (call.signal?.aborted) throw new TypeError("no listener");
          return super.run(call);
        }
      },
    ),
    caughtBy: "answers or is cancelled where nobody waits for the answer any more",
  },
  ...brokenStreams,
  {
    fault: "frees twice what is disposed twice",
    create: withModel(
      class extends LinearModel {
        override async [Symbol.asyncDispose](): Promise<void> {
          if (this.disposed) throw new Error("double free");
          return super[Symbol.asyncDispose]();
        }
      },
    ),
    caughtBy: "can be disposed twice, also at once",
  },
  {
    fault: "runs on after disposal",
    create: withModel(
      class extends LinearModel {
        override async [Symbol.asyncDispose](): Promise<void> {}
      },
    ),
    caughtBy: "does not run after disposal, and says so",
  },
  {
    fault: "overwrites its outputs when it is disposed",
    create: withModel(
      class extends LinearModel {
        readonly #given: NamedTensors[] = [];
        override async run(call: RunCall): Promise<NamedTensors> {
          const outputs = await super.run(call);
          this.#given.push(outputs);
          return outputs;
        }
        override async [Symbol.asyncDispose](): Promise<void> {
          for (const outputs of this.#given) for (const { data } of outputs.values()) (data as Float32Array).fill(0);
          return super[Symbol.asyncDispose]();
        }
      },
    ),
    caughtBy: "keeps its outputs readable after disposal",
  },
  {
    fault: "answers from its warm-up",
    create: withModel(
      class extends LinearModel {
        #answer: NamedTensors | undefined;
        override async warmUp(): Promise<void> {
          const inputs = new Map([["x", { dtype: "float32", shape: [2], data: new Float32Array(2) } as const]]);
          this.#answer = await super.run({ signature: "serving_default", inputs, outputs: ["y", "negative"] });
        }
        override async run(call: RunCall): Promise<NamedTensors> {
          return this.#answer ?? super.run(call);
        }
      },
    ),
    caughtBy: "warms up, and answers the same afterwards",
  },
  {
    fault: "keeps the file of each model open",
    create: class extends LinearBackend {
      override async load(files: VersionFiles, options: LoadOptions): Promise<LinearModel> {
        const model = await super.load(files, options);
        leftOpen.push(await open(join(files.directory, MODEL_PATH)));
        return model;
      }
    },
    caughtBy: "leaves no file open after it has loaded and disposed many times",
  },
  {
    fault: "keeps the file of each model that it refuses open",
    create: class extends LinearBackend {
      override async load(files: VersionFiles, options: LoadOptions): Promise<LinearModel> {
        return super.load(files, options).catch(async (thrown: unknown) => {
          leftOpen.push(await open(join(files.directory, MODEL_PATH)));
          throw thrown;
        });
      }
    },
    caughtBy: "leaves no file open after it has refused many times",
  },
];

function signaturesOf(spec: { readonly dtype: "float32" | "float64"; readonly shape: readonly number[] }) {
  const signature: Signature = { ...linearSignature(), inputs: new Map([["x", spec]]) };
  return new Map([...linearSignatures(), ["serving_default", signature]]);
}
