import { describe, expect, it } from "vitest";
import {
  allocateData,
  bytesPerElement,
  createTensor,
  DTYPES,
  isModelName,
  MAX_MODEL_VERSION,
  PlinthError,
  parseModelVersion,
} from "../../src/index.js";

describe("a tensor", () => {
  it.each(DTYPES)("of %s is made of what its dtype is kept in", (dtype) => {
    const data = allocateData(dtype, 6);
    expect(createTensor(dtype, [2, 3], data)).toEqual({ dtype, shape: [2, 3], data });
    if (ArrayBuffer.isView(data)) expect(data.byteLength).toBe(6 * (bytesPerElement(dtype) ?? Number.NaN));
  });

  it.each<[string, number[], Float32Array | Float64Array]>([
    ["a negative dimension", [-1, 2], new Float32Array(2)],
    ["a broken dimension", [1.5], new Float32Array(1)],
    ["too little data", [2, 2], new Float32Array(3)],
    ["data of another kind", [2], new Float64Array(2)],
  ])("is refused with %s", (_what, shape, data) => {
    expect(() => createTensor("float32", shape, data as Float32Array)).toThrow(
      expect.objectContaining({ reason: "TENSOR_INVALID" }),
    );
  });
});

describe("a model version", () => {
  it.each([
    ["0", 0n],
    ["00000123", 123n],
    ["20170111173521", 20170111173521n],
    ["9223372036854775807", MAX_MODEL_VERSION],
    ["9223372036854775808", undefined],
    ["", undefined],
    ["-1", undefined],
    ["1.0", undefined],
    ["1e3", undefined],
    ["٣", undefined],
    ["9".repeat(1000), undefined],
  ])("reads %s as %s", (text, version) => {
    expect(parseModelVersion(text)).toBe(version);
  });
});

describe("a model name", () => {
  it.each(["digits", "a.b_c-d", "größe", "名前", "x".repeat(255), "with space"])("may be %s", (name) => {
    expect(isModelName(name)).toBe(true);
  });

  it.each(["", ".", "..", ".hidden", "a/b", "a\\b", "a:b", "a\0b", "x".repeat(256), "\ud800", "line\nbreak"])(
    "may not be %j",
    (name) => {
      expect(isModelName(name)).toBe(false);
    },
  );
});

describe("an error", () => {
  it("has the code of its reason", () => {
    expect(new PlinthError("MODEL_NOT_FOUND", "no")).toMatchObject({ code: "NOT_FOUND", reason: "MODEL_NOT_FOUND" });
  });

  it("may have a plugin's own reason", () => {
    const error = new PlinthError({ code: "RESOURCE_EXHAUSTED", reason: "QUOTA" }, "full");
    expect(error).toMatchObject({ code: "RESOURCE_EXHAUSTED", reason: "QUOTA" });
  });

  it("is made of anything that was thrown, which stays its cause", () => {
    const cause = new TypeError("x is undefined");
    expect(PlinthError.from(cause)).toMatchObject({ reason: "INTERNAL", message: "x is undefined", cause });
    expect(PlinthError.from("plain text", "MODEL_RUN_FAILED")).toMatchObject({ reason: "MODEL_RUN_FAILED" });
    expect(PlinthError.from(AbortSignal.abort().reason)).toMatchObject({ code: "CANCELLED" });
    expect(PlinthError.from(new DOMException("late", "TimeoutError"))).toMatchObject({ code: "DEADLINE_EXCEEDED" });
  });

  it("is recognised when it comes from another copy of the package", () => {
    const foreign = Object.assign(new Error("elsewhere"), {
      name: "PlinthError",
      code: "NOT_FOUND",
      reason: "MODEL_NOT_FOUND",
      details: { model: "m" },
    });
    expect(PlinthError.from(foreign)).toMatchObject({ code: "NOT_FOUND", reason: "MODEL_NOT_FOUND", cause: foreign });
    expect(PlinthError.from(foreign)).toBeInstanceOf(PlinthError);
  });
});
