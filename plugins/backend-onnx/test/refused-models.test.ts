import { describe, expect, it } from "vitest";
import { loadExample } from "./example-models.js";

describe("a model that ONNX Runtime or its binding cannot take", () => {
  it.each([
    ["bfloat16", /input "x" of bfloat16\.onnx has bfloat16\. Expected a tensor of bool, int8/],
    ["complex64", /input "x" of complex64\.onnx has complex64/],
    ["int4", /input "x" of int4\.onnx has int4/],
    ["float8e4m3fn", /input "x" of float8e4m3fn\.onnx has float8e4m3fn/],
    ["sequence-input", /input "xs" of sequence-input\.onnx has the type sequence/],
    ["sequence-output", /output "xs" of sequence-output\.onnx has the type sequence/],
    ["map-input", /input "features" of map-input\.onnx has the type map/],
    ["optional-input", /input "maybe" of optional-input\.onnx has the type optional/],
    ["proto-output", /output named __proto__.*rename it/],
  ])("for %s is refused with what is expected", async (name, message) => {
    await expect(loadExample(`unsupported/${name}.onnx`)).rejects.toMatchObject({
      reason: "MODEL_UNSUPPORTED",
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ["new-opset", "MODEL_UNSUPPORTED", /version 1000 of the operators of ai\.onnx.*export it with opset \d+ or lower/],
    ["new-ir-version", "MODEL_UNSUPPORTED", /IR version 1000.*reads up to \d+/],
    ["unknown-operator", "MODEL_UNSUPPORTED", /operator NoSuchOperator in node "first", which opset 17 does not have/],
    ["unknown-domain", "MODEL_UNSUPPORTED", /operator Transform of com\.example/],
    ["dangling-edge", "MODEL_FILE_INVALID", /'nowhere'/],
    ["wrong-type", "MODEL_FILE_INVALID", /operator \(Not\) in node \(first\)/],
    ["no-graph", "MODEL_FILE_INVALID", /holds no graph/],
  ])("for %s is refused with what ONNX Runtime says, in few words", async (name, reason, message) => {
    const refused = expect(loadExample(`invalid/${name}.onnx`)).rejects;
    await refused.toMatchObject({ reason, message: expect.stringMatching(message) });
    await refused.toMatchObject({ message: expect.stringContaining(`${name}.onnx`) });
    await refused.toMatchObject({ message: expect.not.stringMatching(/\.(?:cc|h):\d|onnxruntime::|\/models\//) });
  });

  it("is told with the versions and the producer that stand in the file, and with ONNX Runtime's own error", async () => {
    await expect(loadExample("invalid/new-opset.onnx")).rejects.toMatchObject({
      details: { irVersion: 8, opsets: { "": 1000 }, producer: "make-models.py" },
      cause: { message: expect.stringMatching(/guarantees/) },
    });
  });
});
