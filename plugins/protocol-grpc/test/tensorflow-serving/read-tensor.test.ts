import { type DType, PlinthError, type Tensor } from "@plinth/core";
import { TensorProto } from "@plinth/protobuf-messages/tensorflow/tensor";
import { describe, expect, it } from "vitest";
import { DATA_TYPES } from "../../src/tensorflow-serving/data-types.js";
import { measureTensor, type TensorForm, writeTensor } from "../../src/tensorflow-serving/write-tensor.js";
import { WireWriter } from "../../src/wire/wire-writer.js";
import { dims, proto, read, SAMPLES } from "./tensors.js";

/** What was read or sent, by values. */
function plain({ dtype, shape, data }: Tensor): object {
  return {
    dtype,
    shape,
    values: dtype === "string" ? [...data].map((each) => [...each]) : [...(data as Iterable<unknown>)],
  };
}

function written(tensor: Tensor, form: TensorForm): Buffer {
  const measured = measureTensor(tensor, form);
  const writer = new WireWriter(measured.bytes);
  writeTensor(writer, measured);
  return writer.bytes;
}

/** The name of the field that ts-proto has for the elements of a type. */
const FIELDS: ReadonlyMap<number, keyof TensorProto> = new Map([
  [5, "floatVal"],
  [6, "doubleVal"],
  [7, "intVal"],
  [8, "stringVal"],
  [9, "scomplexVal"],
  [10, "int64Val"],
  [11, "boolVal"],
  [12, "dcomplexVal"],
  [13, "halfVal"],
  [16, "uint32Val"],
  [17, "uint64Val"],
]);

function valuesFor(dtype: DType): object {
  const { data } = SAMPLES.get(dtype) as Tensor;
  const { field } = DATA_TYPES[dtype];
  const values = dtype === "bool" ? [...(data as Uint8Array)].map(Boolean) : [...(data as Iterable<unknown>)];
  return { [FIELDS.get(field) as string]: values };
}

describe.each([...SAMPLES.keys()])("a tensor of %s", (dtype) => {
  const sample = SAMPLES.get(dtype) as Tensor;
  const head = { dtype: DATA_TYPES[dtype].code, tensorShape: dims(3) };

  it("is read from the field of its type", () => {
    expect(plain(read(proto({ ...head, ...valuesFor(dtype) })))).toEqual(plain(sample));
  });

  it("is written to it as other programs read it", () => {
    const message = TensorProto.decode(written(sample, "values"));
    expect(message).toEqual(TensorProto.decode(proto({ ...head, ...valuesFor(dtype) })));
  });

  it("comes back as it was sent, in either form", () => {
    expect(plain(read(written(sample, "values")))).toEqual(plain(sample));
    expect(plain(read(written(sample, "content")))).toEqual(plain(sample));
  });

  it("is read the same wherever its bytes lie in memory", () => {
    const message = proto({ ...head, ...valuesFor(dtype) });
    for (let offset = 0; offset < 8; offset++) {
      const memory = Buffer.alloc(message.length + 8);
      message.copy(memory, offset);
      expect(plain(read(memory.subarray(offset, offset + message.length)))).toEqual(plain(sample));
    }
  });

  it("may be empty", () => {
    expect(read(proto({ ...head, tensorShape: dims(0, 2) }))).toMatchObject({
      dtype,
      shape: [0, 2],
      data: { length: 0 },
    });
  });
});

describe("fewer values than the shape has elements", () => {
  it("are filled with the last of them, as TensorFlow does", () => {
    expect(plain(read(proto({ dtype: 1, tensorShape: dims(2, 2), floatVal: [7] })))).toMatchObject({
      values: [7, 7, 7, 7],
    });
    expect(plain(read(proto({ dtype: 9, tensorShape: dims(4), int64Val: [1n, 2n] })))).toMatchObject({
      values: [1n, 2n, 2n, 2n],
    });
    expect(plain(read(proto({ dtype: 8, tensorShape: dims(2), scomplexVal: [1, 2] })))).toMatchObject({
      values: [1, 2, 1, 2],
    });
    const strings = read(proto({ dtype: 7, tensorShape: dims(2), stringVal: [Buffer.from("a")] }));
    expect(plain(strings)).toMatchObject({ values: [[97], [97]] });
  });

  it("are zeros where there are none", () => {
    expect(plain(read(proto({ dtype: 3, tensorShape: dims(2) })))).toMatchObject({ values: [0, 0] });
    expect(plain(read(proto({ dtype: 7, tensorShape: dims(1) })))).toMatchObject({ values: [[]] });
  });

  it("are refused where what they stand for is larger than a request may be", () => {
    expect(() => read(proto({ dtype: 1, tensorShape: dims(1_000, 1_000), floatVal: [1] }))).toThrow(
      /server\.limits\.maxRequestBytes/,
    );
  });
});

describe("values that came in parts", () => {
  it("are put together, packed or not, whatever stands between them", () => {
    const packed = Buffer.concat([
      proto({ dtype: 3, tensorShape: dims(5), intVal: [1, -2] }),
      Buffer.of(0x38, 3),
      proto({ versionNumber: 1, floatVal: [9], intVal: [4, 500] }),
    ]);
    expect(plain(read(packed))).toMatchObject({ dtype: "int32", values: [1, -2, 3, 4, 500] });
    const float = Buffer.alloc(5, 0x2d);
    float.writeFloatLE(2.5, 1);
    expect(
      plain(read(Buffer.concat([proto({ dtype: 1, tensorShape: dims(2), floatVal: [1.5] }), float]))),
    ).toMatchObject({
      values: [1.5, 2.5],
    });
  });
});

const HUGE = 2n ** 62n;

describe("what is no tensor", () => {
  it.each<[string, Uint8Array, RegExp]>([
    ["no dtype", proto({ tensorShape: dims(1) }), /dtype/],
    ["a dtype that is not served", proto({ dtype: 21, tensorShape: dims(1) }), /DataType 21/],
    ["a reference's dtype", proto({ dtype: 101, tensorShape: dims(1), floatVal: [1] }), /DataType 101/],
    [
      "more values than elements",
      proto({ dtype: 1, tensorShape: dims(1), floatVal: [1, 2] }),
      /\[1\].*1 values.*got 2/,
    ],
    ["a negative dimension", proto({ dtype: 1, tensorShape: dims(-1), floatVal: [1] }), /dimensions from 0/],
    ["a dimension past all counting", proto({ dtype: 1, tensorShape: dims(HUGE), floatVal: [1] }), /dimensions from 0/],
    [
      "dimensions past all counting together",
      proto({ dtype: 1, tensorShape: dims(2 ** 40, 2 ** 40) }),
      /more elements/,
    ],
    ["more than 254 axes", proto({ dtype: 1, tensorShape: dims(...new Array(255).fill(1)), floatVal: [1] }), /254/],
    ["an unknown rank", proto({ dtype: 1, tensorShape: { unknownRank: true } }), /must be known/],
    [
      "content that is too short",
      proto({ dtype: 1, tensorShape: dims(2), tensorContent: Buffer.alloc(7) }),
      /8 bytes, got 7/,
    ],
    [
      "content that is too long",
      proto({ dtype: 4, tensorShape: dims(2), tensorContent: Buffer.alloc(3) }),
      /2 bytes, got 3/,
    ],
    ["booleans other than 0 and 1", proto({ dtype: 10, tensorShape: dims(1), tensorContent: Buffer.of(2) }), /0 and 1/],
    ["a torn float", Buffer.of(8, 1, 0x2a, 3, 0, 0, 0), /3 bytes/],
    ["half of a complex number", proto({ dtype: 8, tensorShape: dims(1), scomplexVal: [1] }), /real and imaginary/],
    ["a number out of range", proto({ dtype: 4, tensorShape: dims(1), intVal: [256] }), /uint8.*256/],
    ["a number below the range", proto({ dtype: 6, tensorShape: dims(1), intVal: [-129] }), /int8.*-129/],
    ["a number that does not end", Buffer.of(8, 3, 0x3a, 2, 0x80, 0x80), /does not end/],
    ["a number of eleven bytes", Buffer.of(8, 9, 0x52, 11, ...new Array(10).fill(0x80), 1), /longer than 10/],
    [
      "strings of content past its end",
      proto({ dtype: 7, tensorShape: dims(1), tensorContent: Buffer.of(5, 1) }),
      /ends inside/,
    ],
    [
      "strings that leave content over",
      proto({ dtype: 7, tensorShape: dims(1), tensorContent: Buffer.of(0, 1) }),
      /more than the 1 strings/,
    ],
    [
      "too many strings of content",
      proto({ dtype: 7, tensorShape: dims(10 ** 7), tensorContent: Buffer.of(0) }),
      /1000000 strings/,
    ],
    ["a length past the end", Buffer.of(0x22, 0xff, 0xff, 0xff, 0xff, 0x0f), /4294967295 bytes are announced/],
    ["a field with the number 0", Buffer.of(0x00, 1), /number 0/],
    ["a group", Buffer.of(0x93, 0x03), /wire type 3/],
  ])("is refused: %s", (_what, message, expected) => {
    let thrown: unknown;
    try {
      read(message);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(PlinthError);
    expect(thrown).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringMatching(expected) });
  });
});

describe("fields of another wire type", () => {
  it("are passed over like those that nobody knows", () => {
    const shapeAsNumber = Buffer.of(0x10, 7);
    expect(plain(read(Buffer.concat([shapeAsNumber, proto({ dtype: 1, floatVal: [3] })])))).toMatchObject({
      shape: [],
      values: [3],
    });
  });
});
