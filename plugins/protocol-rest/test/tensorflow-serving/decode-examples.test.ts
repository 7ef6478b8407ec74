import { PlinthError } from "@plinth/core";
import { type Example, type Feature, MAX_EXAMPLES, NO_FEATURE } from "@plinth/tf-example";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeExamples, decodeMultiInference } from "../../src/tensorflow-serving/decode-examples.js";

const floats = (...values: number[]): Feature => ({ kind: "float", values: Float32Array.from(values) });
const integers = (...values: (number | bigint)[]): Feature => ({
  kind: "int64",
  values: BigInt64Array.from(values.map(BigInt)),
});
const texts = (...values: string[]): Feature => ({
  kind: "bytes",
  values: values.map((text) => new Uint8Array(Buffer.from(text))),
});

/** What the body's examples are, each with the context. */
function examples(body: string): readonly Readonly<Record<string, Feature>>[] {
  return decodeExamples(Buffer.from(body))
    .examples.parsed()
    .map((example: Example) => Object.fromEntries(example));
}

function failure(body: string | Uint8Array, decode: (body: Uint8Array) => unknown = decodeExamples): PlinthError {
  try {
    decode(Buffer.from(body));
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(PlinthError);
    return thrown as PlinthError;
  }
  throw new Error("expected an error");
}

describe("examples as TensorFlow Serving reads them", () => {
  it("C01 without a context", () => {
    const body = '{"examples":[{"names":["foo","bar"],"ratings":[8.0,9.0],"age":20},{"names":["baz"],"ratings":6.0}]}';
    expect(examples(body)).toEqual([
      { names: texts("foo", "bar"), ratings: floats(8, 9), age: integers(20) },
      { names: texts("baz"), ratings: floats(6) },
    ]);
    expect(decodeExamples(Buffer.from(body)).signature).toBeUndefined();
  });

  it("C02 with a context and a signature", () => {
    const body = `{"signature_name":"custom_signture","context":{"query":"pizza","location":["sfo"]},"examples":[
      {"names":["foo","bar"],"ratings":[8.0,9.0,NaN,Infinity],"age":20},
      {"names":["baz",{"b64":"aGVsbG8="}],"ratings":6.0,"intboolmix":[1,true,false]},
      {"names":"bar","ratings":-Infinity,"query":"pasta"}]}`;
    const context = { query: texts("pizza"), location: texts("sfo") };
    expect(decodeExamples(Buffer.from(body)).signature).toBe("custom_signture");
    expect(examples(body)).toEqual([
      {
        ...context,
        names: texts("foo", "bar"),
        ratings: floats(8, 9, Number.NaN, Number.POSITIVE_INFINITY),
        age: integers(20),
      },
      { ...context, names: texts("baz", "hello"), ratings: floats(6), intboolmix: integers(1, 1, 0) },
      { ...context, names: texts("bar"), ratings: floats(Number.NEGATIVE_INFINITY), query: texts("pasta") },
    ]);
  });

  it.each<[id: string, body: string, fragment: string]>([
    [
      "C03",
      '{"signature_name":["hello"],"examples":[{"names":["foo","bar"]}]}',
      "'signature_name' key must be a string",
    ],
    ["C04", '{"context":[{"names":["foo","bar"]}]}', "Example must be JSON object"],
    ["C05", '{"examples":{"names":["foo","bar"]}}', "list/array"],
    ["C06", '{"examples":[[{"names":["foo","bar"]}]]}', "Example must be JSON object"],
    ["C07", '{"examples":[{"names":[10,null]}]}', "names has element with unexpected JSON type: Null"],
    ["C08", '{"examples":[{"names":[10,10.0]}]}', "feature: names expecting type: int64"],
    ["C09", '{"examples":[{"names":[10,{"test":10}]}]}', "names has element with unexpected JSON type: Object"],
    ["C10", '{"examples":[{"names":[[10],20]}]}', "names has element with unexpected JSON type: Array"],
    ["C11", '{"examples":[{"names":[20,18446744073709551603]}]}', "Only int64_t is supported"],
    ["a number of many digits", `{"examples":[{"n":${"9".repeat(100_000)}}]}`, "Only int64_t is supported"],
    ["P30 no examples", '{"examples":[]}', "Input is empty"],
    ["no key of examples", "{}", "Expecting 'examples' to be a list/array of objects, but there is none"],
    ["an empty document", "", "The document is empty"],
    ["no object", "[]", 'Is not object. Expected {"examples": [...]}'],
    ["bad syntax after a fault of form", '{"examples":[1],}', "JSON Parse error"],
    ["base64 that is none", '{"examples":[{"x":{"b64":"!"}}]}', "x: Unable to base64 decode"],
    ["a context of no kind", '{"context":null,"examples":[{}]}', "Example must be JSON object"],
    ["the same feature twice", '{"examples":[{"x":1,"x":2}]}', "The feature x comes twice"],
    ["too many examples", `{"examples":[${"{},".repeat(MAX_EXAMPLES)}{}]}`, "at most 100000 examples"],
  ])("%s is refused", (_, body, fragment) => {
    const error = failure(body);
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toContain(fragment);
    expect(error.message.length).toBeLessThan(1_000);
  });
});

describe("features", () => {
  it.each<[json: string, feature: Feature]>([
    ["[]", NO_FEATURE],
    ["[ 1 , 2 ]", integers(1, 2)],
    ["[-0, -9223372036854775808, 9223372036854775807]", integers(0, -(2n ** 63n), 2n ** 63n - 1n)],
    ["true", integers(1)],
    ["1e3", floats(1000)],
    ["[1.0, -2.5E-1, 1e308]", floats(1, -0.25, Number.POSITIVE_INFINITY)],
    ["0.1", floats(0.1)],
    ['"\\u00e9\\n"', texts("é\n")],
    ['{ "b64" : "AA==" }', texts("\0")],
  ])("%s", (json, feature) => {
    expect(examples(`{"examples":[{"x":${json}}]}`)).toEqual([{ x: feature }]);
  });

  it("may have any name", () => {
    const [example] = decodeExamples(Buffer.from('{"examples":[{"__proto__":1.5,"":2}]}')).examples.parsed();
    expect(example).toEqual(
      new Map([
        ["__proto__", floats(1.5)],
        ["", integers(2)],
      ]),
    );
  });

  it("keep bytes that are not UTF-8", () => {
    const body = Buffer.from('{"examples":[{"x":"\xff"}]}', "latin1");
    expect(decodeExamples(body).examples.parsed()[0]?.get("x")?.values).toEqual([Uint8Array.of(0xff)]);
  });

  it("are the floats that JSON.parse would give, rounded", () => {
    const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 });
    fc.assert(
      fc.property(numbers, (values) => {
        const written = values.map((value) => value.toExponential());
        expect(examples(`{"examples":[{"x":[${written.join()}]}]}`)[0]?.x?.values).toEqual(
          Float32Array.from(written, Number),
        );
      }),
    );
  });
});

describe("tasks", () => {
  const decode = (body: string) => decodeMultiInference(Buffer.from(body));

  it("name a signature and a method, or leave them to the server", () => {
    const body = `{"context":{"c":1},"examples":[{"x":2.0}],"tasks":[{"signature_name":"a","method_name":"tensorflow/serving/regress"},
      {"signature_name":"","other":[1]}, {}]}`;
    expect(decode(body).tasks).toEqual([
      { signature: "a", method: "tensorflow/serving/regress" },
      { signature: undefined, method: undefined },
      { signature: undefined, method: undefined },
    ]);
    expect(decode(body).examples.parsed()).toEqual([
      new Map([
        ["c", integers(1)],
        ["x", floats(2)],
      ]),
    ]);
  });

  it.each<[what: string, body: string, fragment: string]>([
    ["no tasks", '{"examples":[{}]}', "Expecting 'tasks' to be a list/array"],
    ["a task of text", '{"tasks":["a"],"examples":[{}]}', 'Task must be JSON object, as {"signature_name": "..."}'],
    [
      "a signature of another type",
      '{"tasks":[{"signature_name":1}],"examples":[{}]}',
      "'signature_name' key must be a string value",
    ],
    [
      "a method of another type",
      '{"tasks":[{"method_name":null}],"examples":[{}]}',
      "'method_name' key must be a string value",
    ],
    ["another method", '{"tasks":[{"method_name":"x"}],"examples":[{}]}', "Unsupported signature method_name: x"],
    ["too many", `{"tasks":[${"{},".repeat(1_000)}{}],"examples":[{}]}`, "at most 1000 tasks"],
    ["no examples", '{"tasks":[{}]}', "Expecting 'examples'"],
  ])("are refused for %s", (_, body, fragment) => {
    expect(failure(body, decodeMultiInference).message).toContain(fragment);
  });
});

it("any bytes are read to an end", () => {
  const valid =
    '{"signature_name":"s","context":{"c":[1,true]},"examples":[{"x":[1.5,NaN],"y":{"b64":"AA=="}},{"x":"t"}]}';
  const damaged = fc.tuple(fc.nat(valid.length - 1), fc.constantFrom(...'[]{},:"\\1-.etn ')).map(([at, character]) => {
    return Buffer.from(valid.slice(0, at) + character + valid.slice(at + 1));
  });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), damaged), (body) => {
      try {
        decodeExamples(body);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(PlinthError);
        expect((thrown as PlinthError).code).toBe("INVALID_ARGUMENT");
      }
    }),
    { numRuns: 2_000 },
  );
});
