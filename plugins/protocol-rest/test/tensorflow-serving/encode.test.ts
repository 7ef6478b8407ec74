import { createTensor, type DType, type DTypeData, type NamedTensors, PlinthError, type Tensor } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { encodeError } from "../../src/http/error-answer.js";
import { encodePredict } from "../../src/tensorflow-serving/encode.js";

function tensor<D extends DType>(dtype: D, shape: readonly number[], data: DTypeData[D]): Tensor {
  return createTensor(dtype, shape, data) as Tensor;
}

function strings(shape: readonly number[], ...texts: string[]): Tensor {
  return tensor(
    "string",
    shape,
    texts.map((text) => new Uint8Array(Buffer.from(text))),
  );
}

function encode(outputs: Readonly<Record<string, Tensor>>, format: "row" | "columnar" = "columnar"): string {
  return encodePredict(new Map(Object.entries(outputs)), format).toString();
}

function failure(run: () => unknown): PlinthError {
  try {
    run();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(PlinthError);
    return thrown as PlinthError;
  }
  throw new Error("expected an error");
}

const int = tensor("int32", [2, 3, 2], new Int32Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]));
const bytes = strings([2, 2], "hello", "world", "tf", "serving");
const float = (shape: readonly number[], ...values: number[]) => tensor("float32", shape, new Float32Array(values));

describe("answers as TensorFlow Serving gives them", () => {
  it("B01 B02 nested lists", () => {
    const lists = "[[[1,2],[3,4],[5,6]],[[7,8],[9,0],[1,2]]]";
    expect(encode({ int }, "row")).toBe(`{"predictions":${lists}}`);
    expect(encode({ int }, "columnar")).toBe(`{"outputs":${lists}}`);
  });

  it("B03 B04 a plain list", () => {
    const outputs = { int: tensor("int32", [5], new Int32Array([1, 2, 3, 4, 5])) };
    expect(encode(outputs, "row")).toBe('{"predictions":[1,2,3,4,5]}');
    expect(encode(outputs, "columnar")).toBe('{"outputs":[1,2,3,4,5]}');
  });

  it("B05 X17 an output that ends in _bytes as base64", () => {
    expect(encode({ str_bytes: bytes }, "row")).toBe(
      '{"predictions":[[{"b64":"aGVsbG8="},{"b64":"d29ybGQ="}],[{"b64":"dGY="},{"b64":"c2VydmluZw=="}]]}',
    );
    expect(encode({ bytes_: bytes }, "row")).toBe('{"predictions":[["hello","world"],["tf","serving"]]}');
  });

  it("B06, X18 float32 with up to six digits as %g does", () => {
    const outputs = { float: float([2, 3], 9000000, 999999, 0.5, 0.0003, 0.00003, 555557.5) };
    expect(encode(outputs, "row")).toBe('{"predictions":[[9e+06,999999.0,0.5],[0.0003,3e-05,555557.5]]}');
  });

  it("B07 what is not finite as bare tokens", () => {
    const outputs = { float: float([2, 2], Number.NaN, Number.POSITIVE_INFINITY, 3, Number.NEGATIVE_INFINITY) };
    expect(encode(outputs, "row")).toBe('{"predictions":[[NaN,Infinity],[3.0,-Infinity]]}');
  });

  it("B11 B12 several outputs, in their order", () => {
    const outputs = {
      int,
      str: strings([2, 2], "foo", "bar", "baz", "bat"),
      float: float([2, 1], 1, 2),
      double: tensor("float64", [2], new Float64Array([8, 9])),
      str_bytes: bytes,
    };
    expect(encode(outputs, "row")).toBe(
      '{"predictions":[{"int":[[1,2],[3,4],[5,6]],"str":["foo","bar"],"float":[1.0],"double":8.0,' +
        '"str_bytes":[{"b64":"aGVsbG8="},{"b64":"d29ybGQ="}]},{"int":[[7,8],[9,0],[1,2]],"str":["baz","bat"],' +
        '"float":[2.0],"double":9.0,"str_bytes":[{"b64":"dGY="},{"b64":"c2VydmluZw=="}]}]}',
    );
    expect(encode(outputs, "columnar")).toBe(
      '{"outputs":{"int":[[[1,2],[3,4],[5,6]],[[7,8],[9,0],[1,2]]],"str":[["foo","bar"],["baz","bat"]],' +
        '"float":[[1.0],[2.0]],"double":[8.0,9.0],' +
        '"str_bytes":[[{"b64":"aGVsbG8="},{"b64":"d29ybGQ="}],[{"b64":"dGY="},{"b64":"c2VydmluZw=="}]]}}',
    );
  });

  it("B14 B15 no rows", () => {
    expect(encode({ int: tensor("int32", [0, 2], new Int32Array(0)) }, "row")).toBe('{"predictions":[]}');
    const two = { str: strings([0, 1, 2]), float: float([0, 3, 4]) };
    expect(encode(two, "row")).toBe('{"predictions":[]}');
    expect(encode(two, "columnar")).toBe('{"outputs":{"str":[],"float":[]}}');
  });

  const refused: [id: string, outputs: Record<string, Tensor>, fragment: string][] = [
    ["B08 no outputs", {}, "empty tensor map"],
    ["B09 complex numbers", { x: tensor("complex64", [2], new Float32Array(4)) }, "tensor type: complex64"],
    ["B10 a scalar in rows", { x: tensor("int32", [], new Int32Array([1])) }, "no shape information"],
    ["B13 unequal rows", { int, str: strings([1, 2], "a", "b") }, "inconsistent batch size"],
    ["B16 unequal rows of which some are none", { x: float([0, 2]), y: float([1, 1], 1) }, "inconsistent batch size"],
  ];
  it.each(refused)("%s are refused", (_, outputs, fragment) => {
    const error = failure(() => encode(outputs, "row"));
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toContain(fragment);
  });

  it("D06 what went well holds no error", () => {
    expect(Object.keys(JSON.parse(encode({ int }, "row")))).toEqual(["predictions"]);
  });

  it("D07 D08 errors, by their message alone", () => {
    expect(encodeError('Bad key: "key"').toString()).toBe('{"error":"Bad key: \\"key\\""}');
    expect(encodeError("Bad key: 'key'").toString()).toBe(`{"error":"Bad key: 'key'"}`);
  });
});

describe("elements", () => {
  it("X18 are written to the last digit", () => {
    const cases: [Tensor, string][] = [
      [tensor("bool", [2], new Uint8Array([1, 0])), "[true,false]"],
      [tensor("int8", [3], new Int8Array([-128, 0, 127])), "[-128,0,127]"],
      [tensor("uint8", [3], new Uint8Array([0, 10, 255])), "[0,10,255]"],
      [tensor("int16", [2], new Int16Array([-32768, 32767])), "[-32768,32767]"],
      [tensor("uint16", [2], new Uint16Array([100, 65535])), "[100,65535]"],
      [tensor("int32", [2], new Int32Array([-(2 ** 31), 2 ** 31 - 1])), "[-2147483648,2147483647]"],
      [tensor("uint32", [2], new Uint32Array([999999999, 2 ** 32 - 1])), "[999999999,4294967295]"],
      [tensor("int64", [2], new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n])), `[${-(2n ** 63n)},${2n ** 63n - 1n}]`],
      [tensor("uint64", [1], new BigUint64Array([2n ** 64n - 1n])), "[18446744073709551615]"],
      [tensor("float16", [4], new Uint16Array([0x3c00, 0xb800, 0x7c00, 0x0001])), "[1.0,-0.5,Infinity,5.9604645e-08]"],
      [tensor("bfloat16", [3], new Uint16Array([0x3f80, 0x7fc0, 0x3dcd])), "[1.0,NaN,0.100097656]"],
      [float([], 2.5), "2.5"],
      [float([2, 0]), "[[],[]]"],
      [float([2], -0, 0), "[-0.0,0.0]"],
    ];
    for (const [value, text] of cases) expect(encode({ x: value }), value.dtype).toBe(`{"outputs":${text}}`);
  });

  it("strings escape what JSON demands and keep all else", () => {
    const text = '"\\/\b\f\n\r\t\u0000\u001f\u007f\u2028é😀';
    const output = encode({ x: strings([2], text, "") });
    expect(JSON.parse(output)).toEqual({ outputs: [text, ""] });
    expect(output).toContain("\u007f\u2028é😀");
  });

  it("strings that are not UTF-8 are base64", () => {
    const data = [new Uint8Array([0xff, 0xfe]), new Uint8Array([0x61]), new Uint8Array([0xed, 0xa0, 0x80])];
    expect(encode({ x: tensor("string", [3], data) })).toBe('{"outputs":[{"b64":"//4="},"a",{"b64":"7aCA"}]}');
  });

  it("names of outputs are escaped", () => {
    const outputs: NamedTensors = new Map([
      ['a"b', float([1], 1)],
      ["__proto__", float([1], 2)],
    ]);
    expect(encodePredict(outputs, "row").toString()).toBe('{"predictions":[{"a\\"b":1.0,"__proto__":2.0}]}');
  });
});
