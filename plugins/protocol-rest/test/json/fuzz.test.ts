import { createTensor, type DType, type DTypeData, PlinthError, type Signature, type Tensor } from "@plinth/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePredict, type PredictRequest } from "../../src/tensorflow-serving/decode.js";
import { encodePredict } from "../../src/tensorflow-serving/encode.js";

type Inputs = Readonly<Record<string, DType>>;

function signature(inputs: Inputs): Signature {
  const specs = Object.entries(inputs).map(([name, dtype]) => [name, { dtype, shape: undefined }] as const);
  return { inputs: new Map(specs), outputs: new Map(), method: "", shapes: "advisory" };
}

/** What the reader makes of it: a request, or an error that clients may get. */
function outcome(inputs: Inputs, body: Uint8Array): PredictRequest | PlinthError {
  try {
    return decodePredict(body, () => signature(inputs));
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(PlinthError);
    expect(["INVALID_ARGUMENT", "UNIMPLEMENTED"]).toContain((thrown as PlinthError).code);
    return thrown as PlinthError;
  }
}

/** Every way to spell a number in JSON, short and long. */
const numberTexts = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? "-0" : String(value))),
  fc
    .tuple(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.nat(17))
    .map(([value, digits]) => value.toFixed(digits)),
  fc
    .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 25 }))
    .map(([value, count]) => value.toPrecision(count)),
  fc.integer().map(String),
  fc.stringMatching(/^-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?$/),
  fc.stringMatching(/^0\.0{0,6}[0-9]{1,19}(e-?[0-9])?$/),
);

const blanks = fc.constantFrom("", "", " ", "\n\t", "\r\n  ");

/** Lists of one shape, as text with white space, of `numberTexts`. */
const numberLists = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
    fc.array(numberTexts, { minLength: 1 }),
    blanks,
  )
  .map(([shape, numbers, blank]) => {
    let next = 0;
    const write = ([length, ...rest]: readonly number[]): string => {
      if (length === undefined) return numbers[next++ % numbers.length] as string;
      const items = Array.from({ length }, () => write(rest));
      return `[${blank}${items.join(`${blank},${blank}`)}${blank}]`;
    };
    return { shape, text: write(shape) };
  });

describe("numbers", () => {
  it.each(["instances", "inputs"])("in %s are those that JSON.parse reads, to the last bit", (key) => {
    fc.assert(
      fc.property(numberLists, ({ shape, text }) => {
        const body = Buffer.from(`{"${key}": ${text}}`);
        const expected = (JSON.parse(text) as unknown[]).flat(Number.POSITIVE_INFINITY) as number[];
        const double = (outcome({ x: "float64" }, body) as PredictRequest).inputs.get("x");
        expect(double?.shape).toEqual(shape);
        expect(double?.data).toEqual(new Float64Array(expected));
        const single = (outcome({ x: "float32" }, body) as PredictRequest).inputs.get("x");
        expect(single?.data).toEqual(new Float32Array(expected));
      }),
      { numRuns: 1500 },
    );
  });
});

/** JSON values that come near to what the inputs `x` and `y` want. */
const { value: nearlyTensors } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.constantFrom<unknown>(0, 1, 2, 255, 256, -1, 0.5, 1e300, true, false, null, "a", "b64"),
    { arbitrary: fc.array(tie("value"), { maxLength: 3 }), weight: 3 },
    { arbitrary: tie("even"), weight: 3 },
    fc.constantFrom<unknown>({ b64: "aGk=" }, { b64: "*" }, { b64: 1 }, {}),
    fc.dictionary(fc.constantFrom("x", "y", "b64", "__proto__"), tie("value"), { maxKeys: 2 }),
  ),
  even: fc.tuple(tie("value"), fc.integer({ min: 1, max: 3 })).map(([value, count]) => Array(count).fill(value)),
}));

const signatures: Inputs[] = [
  { x: "float32" },
  { x: "int32" },
  { x: "uint8" },
  { x: "bool" },
  { x: "string" },
  { b64: "string" },
  { x: "float32", y: "string" },
  {},
];

type Expected = { dtype: DType; shape: number[]; data: unknown[] };

/** The same semantics by way of JSON.parse: what a request reads as, or `undefined` where it is to be refused. */
function reference(inputs: Inputs, body: Record<string, unknown>): Map<string, Expected> | undefined {
  const names = Object.keys(inputs);
  if ("instances" in body) {
    const { instances } = body;
    if (!Array.isArray(instances) || instances.length === 0 || names.length === 0) return undefined;
    const rows = isRow(instances[0]);
    if (!rows && names.length > 1) return undefined;
    if (instances.some((instance) => isRow(instance) !== rows)) return undefined;
    const result = new Map<string, Expected>();
    for (const name of names) {
      const column = rows ? instances.map((row) => (Object.hasOwn(row, name) ? row[name] : undefined)) : instances;
      if (rows && instances.some((row) => Object.keys(row).length !== names.length)) return undefined;
      const tensor = dense(column, inputs[name] as DType);
      if (tensor === undefined) return undefined;
      result.set(name, tensor);
    }
    return result;
  }
  const { inputs: columns } = body;
  const named =
    names.length === 1 ? isRow(columns) : typeof columns === "object" && !Array.isArray(columns) && columns !== null;
  if (!named && names.length !== 1) return undefined;
  const result = new Map<string, Expected>();
  for (const name of names) {
    const value = named ? (columns as Record<string, unknown>)[name] : columns;
    const tensor = named && !Object.hasOwn(columns as object, name) ? undefined : dense(value, inputs[name] as DType);
    if (tensor === undefined) return undefined;
    result.set(name, tensor);
  }
  return result;
}

function isRow(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isBase64(value);
}

function isBase64(value: unknown): value is { b64: string } {
  const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
  return keys.length === 1 && keys[0] === "b64" && typeof (value as { b64: unknown }).b64 === "string";
}

function dense(value: unknown, dtype: DType): Expected | undefined {
  const shape: number[] = [];
  for (let at = value; Array.isArray(at); at = at[0]) shape.push(at.length);
  const data: unknown[] = [];
  const visit = (item: unknown, level: number): boolean => {
    if (level < shape.length) {
      return Array.isArray(item) && item.length === shape[level] && item.every((each) => visit(each, level + 1));
    }
    const element = elementOf(item, dtype);
    data.push(element);
    return element !== undefined;
  };
  return visit(value, 0) ? { dtype, shape, data } : undefined;
}

function elementOf(value: unknown, dtype: DType): unknown {
  if (dtype === "string") {
    if (isBase64(value)) return BASE64.test(value.b64) ? new Uint8Array(Buffer.from(value.b64, "base64")) : undefined;
    return typeof value === "string" ? new Uint8Array(Buffer.from(value)) : undefined;
  }
  if (dtype === "bool") return typeof value === "boolean" ? Number(value) : undefined;
  if (typeof value !== "number") return undefined;
  if (dtype === "float32") return Math.fround(value);
  if (!Number.isInteger(value)) return undefined;
  const [smallest, largest] = dtype === "uint8" ? [0, 255] : [-(2 ** 31), 2 ** 31 - 1];
  return value >= smallest && value <= largest ? value : undefined;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

describe("any JSON", () => {
  it.each(signatures)("reads like a naive reader on JSON.parse for %j", (inputs) => {
    const bodies = fc.oneof(
      fc.record({ instances: fc.oneof(fc.array(nearlyTensors, { maxLength: 3 }), nearlyTensors) }),
      fc.record({ inputs: nearlyTensors }),
      fc.record({ instances: fc.array(fc.record({ x: fc.integer(), y: fc.string() }), { minLength: 1 }) }),
      fc.record({ instances: fc.jsonValue() }),
    );
    let accepted = 0;
    fc.assert(
      fc.property(bodies, (value) => {
        const text = JSON.stringify(value);
        const got = outcome(inputs, Buffer.from(text));
        const expected = reference(inputs, JSON.parse(text));
        if (expected === undefined) {
          expect(got).toBeInstanceOf(PlinthError);
          return;
        }
        expect(got).not.toBeInstanceOf(PlinthError);
        accepted++;
        const tensors = [...(got as PredictRequest).inputs].map(([name, { dtype, shape, data }]) => {
          return [name, { dtype, shape, data: Array.from<unknown>(data) }] as const;
        });
        expect(new Map(tensors)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
    expect(accepted).toBeGreaterThan(30);
  });
});

const documents = [
  '{"instances": [[1.5, 2, -3e2], [0.25, NaN, -Infinity]], "signature_name": "a"}',
  '{"signature_name":"a\\u00e9\\n","inputs":{"x":[[0.1234567890123456789,7]],"y":["a","b\\/"]},"z":[{"q":null}]}',
  '{"instances":[{"x":1,"y":"a"},{"y":"b","x":2}]}',
  '{"instances":[{"b64":"aGk="}, "\\ud83d\\ude00"]}',
];

const mutations = fc
  .tuple(
    fc.constantFrom(...documents),
    fc.array(
      fc.tuple(fc.nat(120), fc.nat(3), fc.oneof(fc.constantFrom(...'{}[]",:.eE+-0123 \\untNaI\n'), fc.string())),
      {
        maxLength: 4,
      },
    ),
  )
  .map(([text, edits]) => {
    for (const [at, removed, added] of edits) text = text.slice(0, at) + added + text.slice(at + removed);
    return Buffer.from(text);
  });

/** Whether the document is JSON, or becomes JSON without the extensions that the reader documents. */
function isExtendedJson(bytes: Buffer): boolean {
  const text = bytes
    .toString()
    .replace(/^\ufeff/, "")
    .replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/gs, (token) => (token.startsWith('"') ? token : "0"));
  for (let end = text.length; end > 0; end--) {
    if (isJson(text.slice(0, end))) return true;
  }
  return false;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("any bytes", () => {
  it.each(signatures)("are read or refused as JSON.parse would, but for the extensions, for %j", (inputs) => {
    const bodies = fc.oneof(
      { arbitrary: mutations, weight: 8 },
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.uint8Array().map((bytes) => Buffer.concat([Buffer.from('{"instances": ["'), bytes, Buffer.from('"]}')])),
    );
    fc.assert(
      fc.property(bodies, (bytes) => {
        const got = outcome(inputs, bytes);
        const refused = got instanceof PlinthError && got.message.startsWith("JSON Parse error");
        if (!refused) expect(isExtendedJson(bytes)).toBe(true);
        else if (!got.message.includes("surrogate pair")) expect(isJson(bytes.toString())).toBe(false);
      }),
      { numRuns: 800 },
    );
  });
});

const arrays: { readonly [D in DType]?: fc.Arbitrary<DTypeData[D]> } = {
  bool: fc.array(fc.integer({ min: 0, max: 1 })).map((values) => new Uint8Array(values)),
  int8: fc.int8Array(),
  uint8: fc.uint8Array(),
  int16: fc.int16Array(),
  uint16: fc.uint16Array(),
  int32: fc.int32Array(),
  uint32: fc.uint32Array(),
  int64: fc.bigInt64Array(),
  uint64: fc.bigUint64Array(),
  float32: fc.float32Array(),
  float64: fc.float64Array(),
  float16: fc.uint16Array().map((bits) => bits.filter((each) => (each & 0x7fff) <= 0x7c00)),
  bfloat16: fc.uint16Array().map((bits) => bits.filter((each) => (each & 0x7fff) <= 0x7f80)),
  string: fc.array(
    fc.oneof(
      fc.uint8Array(),
      fc.string({ unit: "binary-ascii" }).map((text) => new Uint8Array(Buffer.from(text))),
    ),
  ),
};

describe("what was written", () => {
  it.each(Object.keys(arrays) as DType[])("reads back the same: %s", (dtype) => {
    fc.assert(
      fc.property(arrays[dtype] as fc.Arbitrary<DTypeData[DType]>, fc.boolean(), (data, nested) => {
        const shape = nested && data.length % 2 === 0 ? [data.length / 2, 2] : [data.length];
        const tensor = createTensor(dtype, shape, data) as Tensor;
        const text = encodePredict(new Map([["x", tensor]]), "columnar").toString();
        const read = outcome({ x: dtype }, Buffer.from(text.replace(/^\{"outputs"/, '{"inputs"'))) as PredictRequest;
        const again = read.inputs.get("x");
        expect(again?.shape).toEqual(data.length === 0 ? [0] : shape);
        expect(Array.from<unknown>(again?.data ?? [])).toEqual(Array.from<unknown>(data));
      }),
      { numRuns: 300 },
    );
  });

  it("is the same to JSON.parse, once NaN and Infinity are made known to it", () => {
    fc.assert(
      fc.property(fc.float64Array(), fc.float32Array(), (doubles, singles) => {
        const outputs = new Map<string, Tensor>([
          ["d", createTensor("float64", [doubles.length], doubles)],
          ["s", createTensor("float32", [singles.length], singles)],
        ]);
        const text = encodePredict(outputs, "columnar").toString();
        const parsed = JSON.parse(text.replace(/NaN|-?Infinity/g, (token) => `"${token}"`)).outputs;
        expect(parsed.d.map(Number)).toEqual([...doubles]);
        expect(new Float32Array(parsed.s.map(Number))).toEqual(singles);
      }),
      { numRuns: 1000 },
    );
  });
});
