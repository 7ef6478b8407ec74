import { describe, expect, it } from "vitest";
import { isServingPath, parseServingPath } from "../../src/tensorflow-serving/paths.js";

const ENCODED = "%21%23%24%25%26%27%28%29%2A%2B%2C%2F%3A%3B%3D%3F%40%5B%5D";
const DECODED = "!#$%&'()*+,/:;=?@[]";
const model = "modelname";

describe("paths under /v1", () => {
  it.each<[id: string, path: string, expected: object | undefined]>([
    ["F01", `/v1/models/${model}${ENCODED}`, { kind: "status", target: { model: `${model}${DECODED}` } }],
    ["F02", `/v1/models/${model}/versions/99`, { kind: "status", target: { model, version: 99n } }],
    ["F03", `/v1/models/${model}/labels/latest`, { kind: "status", target: { model, label: "latest" } }],
    [
      "F04",
      `/v1/models/${model}/labels/latest${ENCODED}`,
      { kind: "status", target: { model, label: `latest${DECODED}` } },
    ],
    ["F05", `/v1/models/${model}/labels/latest/metadata`, { kind: "metadata", target: { model, label: "latest" } }],
    [
      "F06",
      `/v1/models/${model}${ENCODED}/labels/latest${ENCODED}/metadata`,
      { kind: "metadata", target: { model: `${model}${DECODED}`, label: `latest${DECODED}` } },
    ],
    ["F07, F15", "/v1/foo", undefined],
    ["F08", "/v1/models/foo:predict", { kind: "inference", verb: "predict", target: { model: "foo" } }],
    ["F09, F17", "/v1/models/foo/version/50:predict", undefined],
    [
      "F10",
      `/v1/models/${model}${ENCODED}:predict`,
      { kind: "inference", verb: "predict", target: { model: `${model}${DECODED}` } },
    ],
    [
      "F11",
      `/v1/models/${model}/versions/99:predict`,
      { kind: "inference", verb: "predict", target: { model, version: 99n } },
    ],
    [
      "F12",
      `/v1/models/${model}/labels/latest:predict`,
      { kind: "inference", verb: "predict", target: { model, label: "latest" } },
    ],
    [
      "F13",
      `/v1/models/${model}/labels/latest${ENCODED}:predict`,
      { kind: "inference", verb: "predict", target: { model, label: `latest${DECODED}` } },
    ],
    [
      "F14",
      `/v1/models/${model}${ENCODED}/labels/latest${ENCODED}:predict`,
      { kind: "inference", verb: "predict", target: { model: `${model}${DECODED}`, label: `latest${DECODED}` } },
    ],
    ["F16, which lists the models here", "/v1/models", { kind: "list" }],
    ["F18", "/v1/models/foo/versions/string:predict", undefined],
    ["F20", "/v1/models/foo/metadata", { kind: "metadata", target: { model: "foo" } }],
    ["F21", "/v1/models/foo/versions/50/labels/some_label:regress", undefined],
    [
      "the fixed words in any case",
      "/V1/Models/foo/Versions/1/METADATA",
      { kind: "metadata", target: { model: "foo", version: 1n } },
    ],
    ["X21: the verb in lower case only", "/v1/models/foo:PREDICT", undefined],
    [
      "regress of a label",
      "/v1/models/foo/labels/bar:regress",
      { kind: "inference", verb: "regress", target: { model: "foo", label: "bar" } },
    ],
    [
      "several tasks at once",
      "/v1/models/foo/versions/1:multiInference",
      { kind: "inference", verb: "multiInference", target: { model: "foo", version: 1n } },
    ],
    [
      "versions with leading zeros",
      "/v1/models/foo/versions/0007",
      { kind: "status", target: { model: "foo", version: 7n } },
    ],
    ["no empty name", "/v1/models//versions/1", undefined],
    ["no name that is a path", "/v1/models/a/b", undefined],
  ])("are read as in %s", (_id, path, expected) => {
    expect(parseServingPath(path)).toEqual(expected);
  });

  it("have versions within int64, as in F19", () => {
    expect(() => parseServingPath("/v1/models/foo/versions/18446744073709551615:predict")).toThrow(
      "Failed to convert version",
    );
  });

  it("have names in valid percent-encoded UTF-8", () => {
    expect(() => parseServingPath("/v1/models/%ff%fe")).toThrow("is not valid percent-encoded UTF-8");
  });

  it("are told from others, as in G01 and G02", () => {
    expect(["/v1/models", "/v1", "/V1/x"].map(isServingPath)).toEqual([true, true, true]);
    expect(["/statuspage", "/index", "/v1x", "/"].map(isServingPath)).toEqual([false, false, false, false]);
  });
});
