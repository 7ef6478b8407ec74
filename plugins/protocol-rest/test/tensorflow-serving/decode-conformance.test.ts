import type { DType, Tensor } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { decode, deep, elements, failure, type Inputs, tensors } from "./decoding.js";

const PAIRS = { dtype: "int32", shape: [3, 2], data: [1, 2, 3, 4, 5, 6] };

describe("requests that TensorFlow Serving takes", () => {
  const cases: [id: string, inputs: Inputs, body: string, format: string, expected: unknown][] = [
    ["A01 nested lists", { x: "int32" }, '{"instances": [[1,2],[3,4],[5,6]]}', "row", { x: PAIRS }],
    [
      "A02 an unknown key of any depth",
      { x: "int32" },
      `{"instances":[1], "nested": ${deep("[", "]")}}`,
      "row",
      { x: { dtype: "int32", shape: [1], data: [1] } },
    ],
    [
      "A04 whole and broken numbers for float32",
      { x: "float32" },
      '{"instances": [1, 2.0, 3, 4, 5.003, 0.007, 0.0]}',
      "row",
      { x: { dtype: "float32", shape: [7], data: [1, 2, 3, 4, Math.fround(5.003), Math.fround(0.007), 0] } },
    ],
    [
      "A05 whole and broken numbers for float64",
      { x: "float64" },
      '{"instances": [1.0, 2, 3, 4, 0.662, 0, 0.0]}',
      "row",
      { x: { dtype: "float64", shape: [7], data: [1, 2, 3, 4, 0.662, 0, 0] } },
    ],
    ...["1435774380", "1435774380.0"].map(
      (number, index) =>
        [
          `A0${6 + index} ${number} rounded to float32`,
          { x: "float32" },
          `{"instances": [${number}]}`,
          "row",
          { x: { dtype: "float32", shape: [1], data: [1435774336] } },
        ] satisfies (typeof cases)[number],
    ),
    ...(
      [
        ["A08", "1.79769e+308", Number.POSITIVE_INFINITY],
        ["A09", "-1.79769e+308", Number.NEGATIVE_INFINITY],
        ["A10", "2.22507e-308", 0],
        ["A11", "-2.22507e-308", -0],
      ] as const
    ).map(
      ([id, number, value]) =>
        [
          `${id} ${number} beyond float32`,
          { x: "float32" },
          `{"instances": [${number}]}`,
          "row",
          { x: { dtype: "float32", shape: [1], data: [value] } },
        ] satisfies (typeof cases)[number],
    ),
    [
      "A14 bytes as instances",
      { x: "string" },
      '{"instances": [{"b64":"aGVsbG8="},{"b64":"d29ybGQ="}]}',
      "row",
      { x: { dtype: "string", shape: [2], data: ["hello", "world"] } },
    ],
    [
      "A15 bytes in lists",
      { x: "string" },
      '{"instances": [[{"b64":"aGVsbG8="}],[{"b64":"d29ybGQ="}]]}',
      "row",
      { x: { dtype: "string", shape: [2, 1], data: ["hello", "world"] } },
    ],
    [
      "A16 bytes in a named input",
      { x: "string" },
      '{"instances": [{"x": [[{"b64":"aGVsbG8="}],[{"b64":"d29ybGQ="}]]}]}',
      "row",
      { x: { dtype: "string", shape: [1, 2, 1], data: ["hello", "world"] } },
    ],
    [
      "A17 several named inputs",
      { int: "int32", str: "string", float: "float32", double: "float64" },
      `{"instances": [
        {"int":[[1,2],[3,4],[5,6]],"str":["foo","bar"],"float":[1.0,NaN],"double":[NaN]},
        {"int":[[7,8],[9,0],[1,2]],"str":["baz","bat"],"float":[2.0,Infinity],"double":[2.0]}
      ]}`,
      "row",
      {
        int: { dtype: "int32", shape: [2, 3, 2], data: [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2] },
        str: { dtype: "string", shape: [2, 2], data: ["foo", "bar", "baz", "bat"] },
        float: { dtype: "float32", shape: [2, 2], data: [1, Number.NaN, 2, Number.POSITIVE_INFINITY] },
        double: { dtype: "float64", shape: [2, 1], data: [Number.NaN, 2] },
      },
    ],
    [
      "A18 a column by name",
      { x: "int32" },
      '{"inputs": {"x": [[[1,2],[3,4],[5,6]]]}}',
      "columnar",
      { x: { ...PAIRS, shape: [1, 3, 2] } },
    ],
    [
      "A19 a column without a name",
      { x: "int32" },
      '{"inputs": [[[1,2],[3,4],[5,6]]]}',
      "columnar",
      { x: { ...PAIRS, shape: [1, 3, 2] } },
    ],
    [
      "A20 several columns",
      { int: "int32", str: "string", bin: "string" },
      '{"inputs": {"int":[[[1,2],[3,4],[5,6]]],"str":["foo","bar"],"bin":{"b64":"aGVsbG8="}}}',
      "columnar",
      {
        int: { ...PAIRS, shape: [1, 3, 2] },
        str: { dtype: "string", shape: [2], data: ["foo", "bar"] },
        bin: { dtype: "string", shape: [], data: ["hello"] },
      },
    ],
  ];
  it.each(cases)("%s", (_, inputs, body, format, expected) => {
    const request = decode(inputs, body);
    expect(request.format).toBe(format);
    expect(request.signature).toBeUndefined();
    expect(tensors(request)).toStrictEqual(expected);
  });

  it("A12 names the signature", () => {
    const request = decode({ x: "int32" }, '{"signature_name": "predict_images", "instances": [[1,2]]}');
    expect(request.signature).toBe("predict_images");
    expect(tensors(request)).toStrictEqual({ x: { dtype: "int32", shape: [1, 2], data: [1, 2] } });
  });

  it("A13 reads nothing outside of a view", () => {
    const body = Buffer.from('X{"instances": [[1,2],[3,4],[5,6]]}X');
    const view = new Uint8Array(body.buffer, body.byteOffset + 1, body.length - 2);
    expect(tensors(decode({ x: "int32" }, view))).toStrictEqual({ x: PAIRS });
  });
});

describe("requests that TensorFlow Serving refuses", () => {
  const two: Inputs = { int: "int32", str: "string" };
  const cases: [id: string, inputs: Inputs, body: string, fragment: string][] = [
    ["A03", { x: "int32" }, `{"signature_name": ${deep("[", "]")}}`, "key must be a string value"],
    ["A21", { x: "int32" }, "", "document is empty"],
    ["A22", { x: "int32" }, '{"signature_name": 5, "instances": [[1,2],[3,4],[5,6,7]]}', "must be a string value"],
    ["A23", { x: "int32" }, '{"instances": [[1,2,3],[4]], "inputs": [[1,2,3],[4]]}', "Not formatted correctly"],
    ["A23 both good", { x: "int32" }, '{"instances": [1], "inputs": 1}', "Not formatted correctly"],
    ["A24", { x: "int32" }, '{"instances": [[1,2],[3,4],[5,6,7]]}', "Expecting tensor size: 2 but got: 3"],
    ["A25", { x: "int32" }, '{"instances": [[1,2],[3,4],[[5,6]]]}', "Expecting shape [2] but got: [1,2]"],
    ["A26", { x: "int32" }, '{"instances": [1, [1]]}', "Expecting shape [] but got: [1]"],
    ["A27", { x: "int32" }, '{"instances": [[1,2],["a","b"]]}', "not of expected type: int32"],
    [
      "A28",
      two,
      '{"instances":[{"int":[[1,2],[3,4]],"str":["foo"]},{"int":[[[7,8],[9,0]]],"str":["baz"]}]}',
      "Expecting shape",
    ],
    [
      "A29",
      two,
      '{"instances":[{"int":[[1,2],[3,4]],"str":["foo"]},{"int":[[7,8]],"str":["baz"]}]}',
      "Expecting tensor size",
    ],
    [
      "A30",
      two,
      '{"instances":[{"int":[[1,2]],"str":["foo"]},[1,20,30],{"int":[[[7,8]]],"str":["baz"]}]}',
      "Expecting object but got list",
    ],
    ["A31", { str: "string" }, '{"instances":[["a","b"],{"str":["a","b"]}]}', "Expecting value/list but got object"],
    ["G20", { x: "float32" }, "", "JSON Parse error: The document is empty"],
    ["G21", { x: "float32" }, "instances = [1, 2]", "JSON Parse error: Invalid value"],
    ["G22", { x: "float32" }, '{"instances": ["x","y"]}', "not of expected type: float"],
    ["G24", { x: "float32" }, '{"signature_name": 100}', "'signature_name' key must be a string value."],
    ["X03 top level", { x: "float32" }, "[1]", "JSON Value: [1] Is not object"],
    ["X05", { x: "float32" }, '{"instance": [1]}', "Missing 'inputs' or 'instances' key"],
    ["X06 no list", { x: "float32" }, '{"instances": 1}', "Expecting 'instances' to be an list/array"],
    ["X06 empty", { x: "float32" }, '{"instances": [ ]}', "No values in 'instances' array"],
    [
      "X07 row",
      two,
      '{"instances": [1]}',
      "instances is a plain list, but expecting list of objects as multiple input",
    ],
    ["X07 columnar", two, '{"inputs": [1]}', "inputs is a plain value/list, but expecting an object as multiple input"],
    ["X08 unknown", two, '{"instances": [{"int":1,"k":2}]}', "JSON object: does not have named input: k"],
    ["X08 missing", two, '{"instances": [{"str":"a"}]}', "keys must be equal to: int,str"],
    ["X09 missing", two, '{"inputs": {"int":[1]}}', "Missing named input: str in 'inputs' object."],
    [
      "X10 with a key",
      two,
      '{"instances": [{"int":"a","str":"a"}]}',
      "Failed to process element: 0 key: int of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: ",
    ],
    [
      "X10 without a key",
      { x: "int32" },
      '{"instances": [1, true]}',
      "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: true Type: True",
    ],
    [
      "X11 size",
      { x: "int32" },
      '{"inputs": [[1,2],[3,4,5]]}',
      "Encountered list at unexpected size: 3 at level: 1 expected size: 2",
    ],
    ["X11 level", { x: "int32" }, '{"inputs": [1,[2]]}', "Encountered list at unexpected level: 1 expected < 1"],
    [
      "X11 value",
      { x: "int32" },
      '{"inputs": [[1,2],5]}',
      "JSON Value: 5 found at incorrect level: 1 in the JSON DOM. Expected at level: 2",
    ],
    ["X13 null", { x: "bool" }, '{"inputs": null}', "JSON Value: null Type: Null is not of expected type: bool"],
    [
      "X13 false",
      { x: "float64" },
      '{"inputs": false}',
      "JSON Value: false Type: False is not of expected type: double",
    ],
    ["X13 string", { x: "int8" }, '{"inputs": "a"}', 'JSON Value: "a" Type: String is not of expected type: int8'],
    ["X13 number", { x: "string" }, '{"inputs": 1.5}', "JSON Value: 1.5 Type: Number is not of expected type: string"],
    [
      "X13 long value",
      { x: "int32" },
      `{"inputs": "${"é".repeat(200)}"}`,
      `JSON Value: "${"é".repeat(127)}... Type: String`,
    ],
    ["X16 bad data", { x: "string" }, '{"inputs": {"b64":"a*b="}}', "Unable to base64 decode"],
    ["X16 other object", { x: "string" }, '{"inputs": [{"b65":"aGk="}]}', "not formatted correctly for base64 data"],
    ["X16 two keys", { x: "string" }, '{"inputs": [{"b64":"aGk=","c":1}]}', "not formatted correctly for base64 data"],
    ["X16 other type", { x: "float32" }, '{"inputs": {"b64":"aGk="}}', "Type: Object is not of expected type: float"],
  ];
  it.each(cases)("%s", (_, inputs, body, fragment) => {
    const error = failure(inputs, body);
    expect(error.message).toContain(fragment);
    expect(error.code).toBe("INVALID_ARGUMENT");
  });

  it.each(["complex64", "complex128"] as const)("X15 %s", (dtype) => {
    const error = failure({ x: dtype }, '{"instances": [1.5]}');
    expect(error.code).toBe("UNIMPLEMENTED");
    expect(error.message).toContain(`Conversion of JSON Value: 1.5 to type: ${dtype}`);
    expect(failure({ x: dtype }, '{"inputs": []}').code).toBe("UNIMPLEMENTED");
  });
});

describe("X14 which tokens make which type", () => {
  const tokens = ["0", "-0", "7", "-7", "127", "128", "255", "256", "65535", "2147483647", "2147483648", "4294967295"];
  tokens.push("-128", "-129", "-2147483648", "4294967296", "9007199254740993", "9223372036854775807");
  tokens.push("9223372036854775808", "-9223372036854775808", "18446744073709551615", "18446744073709551616");
  tokens.push("1.0", "1e2", "0.5", "NaN", "-NaN", "Infinity", "-Infinity", "true", "false", "null", '"1"', "01", "+1");

  it.each([
    ["int8", -(2n ** 7n), 2n ** 7n - 1n],
    ["uint8", 0n, 2n ** 8n - 1n],
    ["int16", -(2n ** 15n), 2n ** 15n - 1n],
    ["uint16", 0n, 2n ** 16n - 1n],
    ["int32", -(2n ** 31n), 2n ** 31n - 1n],
    ["uint32", 0n, 2n ** 32n - 1n],
    ["int64", -(2n ** 63n), 2n ** 63n - 1n],
    ["uint64", 0n, 2n ** 64n - 1n],
  ] as const)("%s takes whole numbers in its range, exactly", (dtype, smallest, largest) => {
    for (const token of tokens) {
      const body = `{"inputs": ${token}}`;
      const value = /^-?(0|[1-9]\d*)$/.test(token) ? BigInt(token) : undefined;
      if (value !== undefined && value >= smallest && value <= largest) {
        const [element] = elements(decode({ x: dtype }, body).inputs.get("x") as Tensor);
        expect(BigInt(element as number | bigint), token).toBe(value);
      } else {
        expect(failure({ x: dtype }, body).code, token).toBe("INVALID_ARGUMENT");
      }
    }
  });

  it("floats take every number and the three tokens", () => {
    for (const token of tokens) {
      const body = `{"inputs": ${token}}`;
      if (/^(-?(0|[1-9]\d*)(\.\d+|e\d+)?|NaN|-?Infinity)$/.test(token)) {
        const [element] = elements(decode({ x: "float64" }, body).inputs.get("x") as Tensor);
        expect(element, token).toBe(Number(token));
      } else {
        expect(failure({ x: "float64" }, body).code, token).toBe("INVALID_ARGUMENT");
      }
    }
  });

  it("bool takes true and false", () => {
    expect(tensors(decode({ x: "bool" }, '{"inputs": [true , false]}')).x?.data).toEqual([1, 0]);
    for (const token of tokens.filter((each) => each !== "true" && each !== "false")) {
      expect(failure({ x: "bool" }, `{"inputs": ${token}}`).code, token).toBe("INVALID_ARGUMENT");
    }
  });

  it("says what range was expected", () => {
    expect(failure({ x: "int8" }, '{"inputs": 128}').message).toContain("a whole number from -128 to 127");
  });

  it("float16 and bfloat16 round to the nearest, ties to even", () => {
    const read = (dtype: DType) => tensors(decode({ x: dtype }, '{"inputs": [1, -2, 0.1, 2049, 65520, NaN]}')).x?.data;
    expect(read("float16")).toEqual([0x3c00, 0xc000, 0x2e66, 0x6800, 0x7c00, 0x7e00]);
    expect(read("bfloat16")).toEqual([0x3f80, 0xc000, 0x3dcd, 0x4500, 0x4780, 0x7fc0]);
  });
});
