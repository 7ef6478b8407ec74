import { PREDICT_METHOD, type ServableHandle, type Signature, type TensorSpec } from "@plinth/core";

/** A signature of these inputs and outputs. */
export function signatureOf(
  inputs: Readonly<Record<string, TensorSpec>>,
  outputs: Readonly<Record<string, TensorSpec>>,
  shapes: Signature["shapes"] = "binding",
): Signature {
  return {
    inputs: new Map(Object.entries(inputs)),
    outputs: new Map(Object.entries(outputs)),
    method: PREDICT_METHOD,
    shapes,
  };
}

/** A version of these signatures that gives its inputs back as outputs, renamed in their order. */
export function echoHandle(signatures: Readonly<Record<string, Signature>>, calls: unknown[] = []): ServableHandle {
  const map = new Map(Object.entries(signatures));
  const handle: ServableHandle = {
    model: "m",
    version: 3n,
    backend: "onnx",
    signatures: map,
    signature: (name = "serving_default") => {
      const signature = map.get(name);
      if (signature === undefined) throw new Error(`no signature ${name}`);
      return signature;
    },
    admit: () => {},
    infer: async (call) => {
      calls.push(call);
      const { outputs } = map.get(call.signature ?? "") as Signature;
      const names = call.outputs ?? [...outputs.keys()];
      const values = [...call.inputs.values()];
      return {
        outputs: new Map(names.flatMap((name, index) => (values[index] ? [[name, values[index]] as const] : []))),
        model: "m",
        version: 3n,
        signature: call.signature ?? "",
        timings: { queueMs: 0, computeMs: 0 },
      };
    },
    stream: async function* (call) {
      yield await handle.infer(call);
    },
    [Symbol.dispose]: () => {},
  };
  return handle;
}
