import { existsSync } from "node:fs";
import type { LoadedModel } from "@plinth/core";
import { describe, it } from "vitest";
import type { BackendCapability, BackendCase, BackendContext, BackendUnderTest } from "./backend-under-test.js";
import { openExample } from "./example-files.js";
import { lifetimeCases } from "./lifetime-cases.js";
import { loadingCases } from "./loading-cases.js";
import { recognitionCases } from "./recognition-cases.js";
import { runningCases } from "./running-cases.js";
import { streamingCases } from "./streaming-cases.js";

/** Every case of the suite by what it is about. */
export const backendCases: ReadonlyMap<string, readonly BackendCase[]> = new Map([
  ["recognition", recognitionCases],
  ["loading", loadingCases],
  ["running", runningCases],
  ["streaming", streamingCases],
  ["lifetime", lifetimeCases],
]);

/** Registers with vitest what every {@link Backend} must do. */
export function testBackend(name: string, subject: BackendUnderTest): void {
  describe(`${name} as a backend`, () => {
    for (const [title, cases] of backendCases) {
      describe(title, () => {
        for (const backendCase of cases) {
          it(backendCase.name, async ({ skip }) => {
            const missing = await runBackendCase(backendCase, subject);
            if (missing !== undefined) skip(`there is no ${missing}`);
          });
        }
      });
    }
  });
}

/** Runs one case without vitest; the answer is the capability for want of which it was not run. */
export async function runBackendCase(
  backendCase: BackendCase,
  subject: BackendUnderTest,
): Promise<BackendCapability | undefined> {
  const loaded = new Set<LoadedModel>();
  const context = createContext(subject, loaded);
  try {
    if (backendCase.needs !== undefined && !(await offers(context, backendCase.needs))) return backendCase.needs;
    await backendCase.run(context);
    return undefined;
  } finally {
    for (const model of loaded) await model[Symbol.asyncDispose]();
  }
}

function createContext(subject: BackendUnderTest, loaded: Set<LoadedModel>): BackendContext {
  const backend = subject.create();
  return {
    backend,
    subject,
    open: openExample,
    async load(example, signal = new AbortController().signal) {
      const model = await backend.load(await openExample(example), { model: "m", version: 1n, signal });
      loaded.add(model);
      return model;
    },
    async unload(model) {
      loaded.delete(model);
      await model[Symbol.asyncDispose]();
    },
  };
}

async function offers(context: BackendContext, capability: BackendCapability): Promise<boolean> {
  const { backend, subject, load, unload } = context;
  if (capability === "misshapen inputs") return subject.models.some(({ misshapen = [] }) => misshapen.length > 0);
  if (capability === "streams") return subject.models.some(({ streams = [] }) => streams.length > 0);
  if (capability === "readsContents") return backend.readsContents === true;
  if (capability === "/proc/self/fd") return existsSync("/proc/self/fd");
  const model = await load(subject.models[0]);
  await unload(model);
  return model.warmUp !== undefined;
}
