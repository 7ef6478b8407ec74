import { PlinthError } from "@plinth/core";
import type { TfjsOptions } from "../options.js";
import type { Engine, EngineName } from "./engine.js";

const IN_ORDER: readonly EngineName[] = ["native", "wasm", "cpu"];

let loaded: Promise<Engine> | undefined;

/**
 * Starts the engine with the first model that is loaded on this thread; later ones use it too, as TensorFlow.js has only one.
 *
 * @throws PlinthError `PLUGIN_FAILED` where the engine that is asked for does not work here, or another one is in use already.
 */
export async function loadEngine(asked: TfjsOptions["engine"]): Promise<Engine> {
  loaded ??= startFirst(asked === "auto" ? IN_ORDER : [asked]);
  let engine: Engine;
  try {
    engine = await loaded;
  } catch (error) {
    loaded = undefined;
    throw error;
  }
  if (asked === "auto" || asked === engine.name) return engine;
  throw new PlinthError(
    "PLUGIN_FAILED",
    `This thread's models run on TensorFlow.js's engine ${engine.name} already, and it has one for all: expected the same engine for ` +
      `all models, got ${asked} for this one. Set it once under backends, or run this model with execution: { executor: process }`,
  );
}

async function startFirst(names: readonly EngineName[]): Promise<Engine> {
  const passedOver: string[] = [];
  for (const name of names) {
    try {
      await start(name);
      return { name, passedOver };
    } catch (thrown) {
      passedOver.push(`${name}: ${PlinthError.from(thrown).message}`);
    }
  }
  throw new PlinthError("PLUGIN_FAILED", `TensorFlow.js cannot be started on this machine: ${passedOver.join("; ")}`);
}

async function start(name: EngineName): Promise<void> {
  switch (name) {
    case "native":
      return (await import("../native/native-engine.js")).startNative();
    case "wasm":
      return (await import("./wasm-engine.js")).startWasm();
    case "cpu":
      return (await import("./cpu-engine.js")).startCpu();
  }
}
