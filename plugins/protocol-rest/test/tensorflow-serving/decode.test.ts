import { type DType, PlinthError, type Signature, type Tensor } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { decodePredict, type PredictRequest } from "../../src/tensorflow-serving/decode.js";

type Inputs = Readonly<Record<string, DType>>;

function signature(inputs: Inputs): Signature {
  const specs = Object.entries(inputs).map(([name, dtype]) => [name, { dtype, shape: undefined }] as const);
  return { inputs: new Map(specs), outputs: new Map(), method: "tensorflow/serving/predict", shapes: "advisory" };
}

function decode(inputs: Inputs, body: string | Uint8Array): PredictRequest {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return decodePredict(bytes, () => signature(inputs));
}

function failure(inputs: Inputs, body: string | Uint8Array): PlinthError {
  try {
    decode(inputs, body);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(PlinthError);
    return thrown as PlinthError;
  }
  throw new Error("expected an error");
}

/** Elements as plain values, strings decoded. */
function elements({ dtype, data }: Tensor): unknown[] {
  return dtype === "string" ? data.map((bytes) => Buffer.from(bytes).toString()) : Array.from<unknown>(data);
}

function tensors(request: PredictRequest): Record<string, { dtype: DType; shape: readonly number[]; data: unknown[] }> {
  const entries = [...request.inputs].map(([name, tensor]) => {
    return [name, { dtype: tensor.dtype, shape: tensor.shape, data: elements(tensor) }] as const;
  });
  return Object.fromEntries(entries);
}

const PAIRS = { dtype: "int32", shape: [3, 2], data: [1, 2, 3, 4, 5, 6] };
const deep = (open: string, close: string) => open.repeat(500_000) + close.repeat(500_000);

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

describe("the order of complaints", () => {
  const unknown = new PlinthError("SIGNATURE_NOT_FOUND", "no such signature");
  const refuse = (body: string): unknown => {
    try {
      return decodePredict(Buffer.from(body), () => {
        throw unknown;
      });
    } catch (thrown) {
      return thrown;
    }
  };

  it.each([
    ["bad syntax behind the tensors", '{"instances": [1], "other": [}', "JSON Parse error"],
    ["a document that is no object", "3", "Is not object"],
    ["a name that is no string", '{"instances": [1], "signature_name": 3}', "key must be a string value"],
  ])("X03 %s comes before the signature", (_, body, fragment) => {
    expect((refuse(body) as PlinthError).message).toContain(fragment);
  });

  it.each([
    ["ragged tensors", '{"instances": [[1],[1,2]]}'],
    ["both formats", '{"instances": [1], "inputs": 1}'],
    ["neither format", "{}"],
    ["a good request", '{"instances": [1]}'],
  ])("X03 an unknown signature comes before %s", (_, body) => {
    expect(refuse(body)).toBe(unknown);
  });

  it("tells the byte of an error of syntax", () => {
    const error = failure({ x: "int32" }, '{"instances": [1, 2}');
    expect(error.reason).toBe("REQUEST_INVALID");
    expect(error.details).toEqual({ offset: 19 });
  });

  it("passes on what findSignature throws, whatever it is", () => {
    const odd = new TypeError("odd");
    expect(() =>
      decodePredict(Buffer.from('{"inputs": 1}'), () => {
        throw odd;
      }),
    ).toThrow(odd);
  });
});

describe("the signature's name", () => {
  const signatures: Readonly<Record<string, Signature>> = {
    serving_default: signature({ x: "int32" }),
    other: signature({ y: "string" }),
  };
  const find = (name: string | undefined): Signature => {
    const found = signatures[name ?? "serving_default"];
    if (found === undefined) throw new PlinthError("SIGNATURE_NOT_FOUND", `no signature ${name}`);
    return found;
  };

  it.each([
    ["before", '{"signature_name": "other", "instances": ["1"]}'],
    ["after", '{"instances": ["1"], "signature_name": "other"}'],
    ["escaped", '{"signature_n\\u0061me": "\\u006fther", "instances": ["1"]}'],
    ["the first of two", '{"instances": ["1"], "signature_name": "other", "signature_name": "none"}'],
  ])("may stand %s", (_, body) => {
    const request = decodePredict(Buffer.from(body), find);
    expect(request.signature).toBe("other");
    expect([...request.inputs.keys()]).toEqual(["y"]);
  });

  it("may be empty, which means the default one", () => {
    const request = decodePredict(Buffer.from('{"instances": [1], "signature_name": ""}'), find);
    expect(request.signature).toBeUndefined();
    expect([...request.inputs.keys()]).toEqual(["x"]);
  });

  it.each([
    ["after the tensors", '{"instances": [1], "signature_name": "alike"}', "alike"],
    ["the first of two", '{"signature_name": "alike", "signature_name": "serving_default", "instances": [1]}', "alike"],
    ["the first of two, the default", '{"signature_name": "", "instances": [1], "signature_name": "alike"}', undefined],
  ])("decides also where the default signature would do (%s)", (_, body, name) => {
    const alike = signature({ z: "int32" });
    const request = decodePredict(Buffer.from(body), (each) => (each === "alike" ? alike : find(each)));
    expect(request.signature).toBe(name);
    expect([...request.inputs.keys()]).toEqual([name === undefined ? "x" : "z"]);
  });

  it("counts even where the default signature does not exist", () => {
    const onlyOther = (name: string | undefined): Signature => {
      if (name === "other") return signatures.other as Signature;
      throw new PlinthError("SIGNATURE_NOT_FOUND", "none");
    };
    const request = decodePredict(Buffer.from('{"instances": ["1"], "signature_name": "other"}'), onlyOther);
    expect(request.signature).toBe("other");
  });
});

describe("keys", () => {
  it("X29 the first of two counts, at the top and among columns", () => {
    const top = decode({ x: "int32" }, '{"inputs": {"x": 1}, "inputs": {"x": 2}}');
    expect(tensors(top).x?.data).toEqual([1]);
    const column = decode({ x: "int32" }, '{"inputs": {"x": 1, "x": "not even an int"}}');
    expect(tensors(column).x?.data).toEqual([1]);
  });

  it("X29 the first of two counts even where it is bad", () => {
    expect(failure({ x: "int8" }, '{"inputs": {"x": 300, "x": 1}}').message).toContain("300");
  });

  it("X29 a key that comes twice in a row is refused", () => {
    const error = failure({ x: "int32", y: "int32" }, '{"instances": [{"x": 1, "x": 1}]}');
    expect(error.message).toContain("twice");
  });

  it("X09 unknown columns are passed over", () => {
    const request = decode({ x: "int32" }, '{"inputs": {"y": [{"a": [1, {}]}], "x": 1}}');
    expect(tensors(request)).toStrictEqual({ x: { dtype: "int32", shape: [], data: [1] } });
  });

  it("may come in another order in each row, and escaped", () => {
    const body = '{"instances": [{"a": 1, "b": 2}, {"b": 3, "a": 4}, {"\\u0061": 5, "b": 6}, {"a": 7, "b": 8}]}';
    const read = tensors(decode({ b: "int32", a: "float32" }, body));
    expect(read.a?.data).toEqual([1, 4, 5, 7]);
    expect(read.b?.data).toEqual([2, 3, 6, 8]);
    expect(Object.keys(read)).toEqual(["b", "a"]);
  });

  it("may begin alike", () => {
    const read = tensors(
      decode({ x: "int32", xy: "int32" }, '{"instances": [{"x": 1, "xy": 2}, {"xy": 3, "x": 4}, {"x": 5, "xy": 6}]}'),
    );
    expect(read.x?.data).toEqual([1, 4, 5]);
    expect(read.xy?.data).toEqual([2, 3, 6]);
  });

  it("may be __proto__", () => {
    const inputs = new Map([["__proto__", { dtype: "int32", shape: undefined }]]);
    const odd = { ...signature({}), inputs } as unknown as Signature;
    const request = decodePredict(Buffer.from('{"instances": [{"__proto__": 1}]}'), () => odd);
    expect(request.inputs.get("__proto__")?.data).toEqual(new Int32Array([1]));
  });

  it("X30 an object of only b64 with a string is base64 data, also for an input of that name", () => {
    expect(tensors(decode({ b64: "string" }, '{"instances": [{"b64": "aGk="}]}')).b64?.data).toEqual(["hi"]);
    expect(tensors(decode({ b64: "string" }, '{"instances": [{"b64": ["aGk="]}]}')).b64?.data).toEqual(["aGk="]);
    expect(tensors(decode({ b64: "float32" }, '{"inputs": {"b64": 1}}')).b64?.data).toEqual([1]);
    const nested = '{"instances": [{"b64": {"b64": "aGk="}}, {"b64": "aGk="}]}';
    expect(failure({ b64: "string" }, nested).message).toContain("Expecting object");
    const row = decode({ b64: "string", x: "int32" }, '{"instances": [{"b64": "a\\"}", "x": 1}]}');
    expect(tensors(row).b64?.data).toEqual(['a"}']);
  });
});

describe("a signature without inputs", () => {
  it("is called with no columns", () => {
    expect(decode({}, '{"inputs": {}}').inputs.size).toBe(0);
    expect(decode({}, '{"inputs": {"ignored": 1}}').inputs.size).toBe(0);
  });

  it.each(['{"instances": [{}]}', '{"instances": [1]}', '{"inputs": [1]}'])("is not called by %s", (body) => {
    expect(failure({}, body).message).toContain('{"inputs": {}}');
  });
});

describe("what stands around the document", () => {
  it.each([
    ["X20 text after it", '{"inputs": 1} and } more'],
    ["a byte order mark", '\ufeff{"inputs": 1}'],
    ["white space", ' \t\r\n{ "inputs"\n:\t1 \r}'],
  ])("%s is passed over", (_, body) => {
    expect(tensors(decode({ x: "int32" }, body)).x?.data).toEqual([1]);
  });

  it.each([" \n", "\ufeff", "\u0000"])("nothing else is: %j", (body) => {
    expect(failure({ x: "int32" }, body).message).toContain("JSON Parse error");
  });
});

describe("bad syntax", () => {
  const numbers = [
    "1.",
    ".5",
    "-",
    "--1",
    "+1",
    "01",
    "-01",
    "1.e5",
    "1e",
    "1e+",
    "1.5.5",
    "0x10",
    "1_000",
    "1f",
    "00",
  ];
  const words = ["NaNa", "nan", "-NaN", "Inf", "infinity", "-infinity", "tru", "truefalse", "True", "nul", "undefined"];
  const strings = [
    "'a'",
    '"a',
    'a"',
    '"a""b"',
    '"\t"',
    '"\\q"',
    '{"b64":"a"',
    '{"b64" "a"}',
    '{b64:"a"}',
    '{"b64":"a",}',
  ];
  const lists = [
    "[",
    "]",
    "[1",
    "[,1]",
    "[1,]",
    "[1 2]",
    "[1:2]",
    "[1}",
    "[[1] [2]]",
    "[[1]:[2]]",
    "[[1],]",
    "[[1]",
    "[1]]",
  ];
  const blanks = ["\v1", "\f1", "\u00a01", "\u20281", "[1\u000b,1]", "[[1]\u000c,[1]]", "/**/1"];

  it.each([...numbers, ...words, ...strings, ...lists, ...blanks])("is told as such for every dtype: %j", (text) => {
    for (const dtype of ["float32", "float64", "float16", "int32", "uint8", "int64", "bool", "string"] as const) {
      for (const value of [text, `[${text}]`, `[[1],[${text}]]`]) {
        for (const key of ["instances", "inputs"]) {
          const { message } = failure({ x: dtype }, `{"${key}": ${value}}`);
          expect(message, `${dtype} ${key} ${value}`).toMatch(/^JSON Parse error/);
        }
      }
      const row = failure({ x: dtype, y: "float32" }, `{"instances": [{"x": ${text}, "y": 1}]}`);
      expect(row.message).toMatch(/^JSON Parse error/);
    }
  });

  it.each([
    '{"x" 1}',
    "{x: 1}",
    '{"x": 1,}',
    '{,"x": 1}',
    '{"x": 1 "y": 2}',
    '{"x": 1; "y": 2}',
    '{"x"',
    '{"x": 1',
    "{",
  ])("of an object is told as such: %s", (text) => {
    for (const body of [`{"instances": [${text}]}`, `{"inputs": ${text}}`, `{"inputs": 1, "other": ${text}}`, text]) {
      expect(failure({ x: "int32" }, body).message, body).toMatch(/^JSON Parse error/);
    }
  });
});

describe("lists", () => {
  it.each([
    ["{}", "[]", [0]],
    ["columns", "[[],[]]", [2, 0]],
    ["depth", "[[[]],[[]]]", [2, 1, 0]],
  ])("may be empty (%s)", (_, value, shape) => {
    expect(tensors(decode({ x: "float32" }, `{"inputs": ${value}}`)).x).toStrictEqual({
      dtype: "float32",
      shape,
      data: [],
    });
  });

  it("may be empty instances", () => {
    expect(tensors(decode({ x: "string" }, '{"instances": [[],[]]}')).x?.shape).toEqual([2, 0]);
    expect(tensors(decode({ x: "int64" }, '{"instances": [{"x":[]},{"x":[]}]}')).x?.shape).toEqual([2, 0]);
  });

  it("may not be empty where others are not", () => {
    expect(failure({ x: "int32" }, '{"inputs": [[],[1]]}').message).toContain("unexpected size: 1");
    expect(failure({ x: "int32" }, '{"inputs": [[1],[]]}').message).toContain("unexpected size: 0");
  });

  it("may be 254 deep and no more", () => {
    const nested = (depth: number) => `${"[".repeat(depth)}1${"]".repeat(depth)}`;
    expect(tensors(decode({ x: "int32" }, `{"inputs": ${nested(254)}}`)).x?.shape).toHaveLength(254);
    expect(tensors(decode({ x: "int32" }, `{"instances": [{"x": ${nested(253)}}]}`)).x?.shape).toHaveLength(254);
    expect(failure({ x: "int32" }, `{"inputs": ${nested(255)}}`).message).toContain("nested deeper than 254");
    expect(failure({ x: "int32" }, `{"instances": ${nested(255)}}`).message).toContain("nested deeper than 253");
    expect(failure({ x: "int32" }, `{"instances": [{"x": ${nested(254)}}]}`).message).toContain(
      "nested deeper than 253",
    );
  });

  it.each(["instances", "inputs"])("hostile depth in %s is refused", (key) => {
    expect(failure({ x: "int32" }, `{"${key}": ${deep("[", "]")}}`).message).toContain("nested deeper");
    expect(failure({ x: "int32" }, `{"${key}": ${"[".repeat(500_000)}}`).message).toContain("JSON Parse error");
    expect(failure({ x: "string" }, `{"${key}": ${deep('[{"a":', "}]")}}`).code).toBe("INVALID_ARGUMENT");
  });

  it("of more numbers than any buffer inside are read whole", () => {
    const values = Array.from({ length: 100_000 }, (_, index) => index % 1000);
    for (const dtype of ["uint16", "float32", "int64", "bfloat16"] as const) {
      const read = decode({ x: dtype }, `{"instances": ${JSON.stringify(values)}}`).inputs.get("x") as Tensor;
      expect(read.shape).toEqual([100_000]);
      expect(read.data.length).toBe(100_000);
    }
    const rows = decode(
      { x: "int32", y: "float64" },
      `{"instances": ${JSON.stringify(values.map((value) => ({ x: value, y: value / 8 })))}}`,
    );
    expect(elements(rows.inputs.get("x") as Tensor)).toEqual(values);
    expect(elements(rows.inputs.get("y") as Tensor)).toEqual(values.map((value) => value / 8));
  });
});

describe("strings", () => {
  it("are the request's own bytes where nothing is escaped", () => {
    const body = Buffer.from('{"inputs": ["plain", "esc\\n"]}');
    const tensor = decode({ x: "string" }, body).inputs.get("x") as Tensor<"string">;
    const [plain, escaped] = tensor.data;
    expect(plain?.buffer).toBe(body.buffer);
    expect(plain?.constructor).toBe(Uint8Array);
    expect(Buffer.from(escaped ?? []).toString()).toBe("esc\n");
  });

  it("keep bytes that are not UTF-8", () => {
    const body = Buffer.concat([Buffer.from('{"inputs": "'), Buffer.from([0xff, 0xc0]), Buffer.from('"}')]);
    expect(decode({ x: "string" }, body).inputs.get("x")?.data).toEqual([new Uint8Array([0xff, 0xc0])]);
  });

  it("mix with base64 data", () => {
    const body = '{"instances": ["a", {"b64": "Yg=="}, {"b64": "Yw"}, {"b64": "a\\/b="}, {"b64": ""}]}';
    const { data } = decode({ x: "string" }, body).inputs.get("x") as Tensor<"string">;
    expect(data.map((bytes) => Buffer.from(bytes).toString("latin1"))).toEqual(["a", "b", "c", "k\u00f6", ""]);
  });
});
