import { PlinthError, type Signature } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { decodePredict } from "../../src/tensorflow-serving/decode.js";
import { decode, failure, signature, tensors } from "./decoding.js";

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

describe("an input that has a default", () => {
  const scale = {
    dtype: "float32",
    shape: [],
    default: { dtype: "float32", shape: [], data: Float32Array.of(2) },
  } as const;
  const withDefault = (): Signature => {
    const { inputs, ...rest } = signature({ x: "float32" });
    return { ...rest, inputs: new Map([...inputs, ["scale", scale]]) };
  };

  it("may be left out of the columns", () => {
    expect(tensors(decodePredict(Buffer.from('{"inputs": {"x": [1]}}'), withDefault))).toEqual({
      x: { dtype: "float32", shape: [1], data: [1] },
    });
  });

  it("may be left out of all rows, not of some", () => {
    const rows = (text: string) => () => decodePredict(Buffer.from(`{"instances": [${text}]}`), withDefault);
    expect(tensors(rows('{"x": 1}, {"x": 2}')())).toEqual({ x: { dtype: "float32", shape: [2], data: [1, 2] } });
    expect(tensors(rows('{"x": 1, "scale": 3}')()).scale).toEqual({ dtype: "float32", shape: [1], data: [3] });
    for (const uneven of ['{"x": 1}, {"x": 2, "scale": 3}', '{"x": 1, "scale": 3}, {"x": 2}', '{"scale": 3}']) {
      expect(rows(uneven)).toThrow("keys must be equal to: scale,x");
    }
  });

  it("does not make others optional", () => {
    const decoding = () => decodePredict(Buffer.from('{"inputs": {"scale": 3}}'), withDefault);
    expect(decoding).toThrow("Missing named input: x in 'inputs' object");
  });
});
