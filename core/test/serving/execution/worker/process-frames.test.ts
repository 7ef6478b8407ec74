import { expect, test } from "vitest";
import { packTensors, unpackTensors } from "../../../../src/serving/execution/worker/packed-tensors.js";
import { FrameReader, frameOf } from "../../../../src/serving/execution/worker/process-frames.js";

const TENSORS = packTensors(
  new Map([
    ["x", { dtype: "float64", shape: [3], data: new Float64Array([1, 2, 3]) }],
    ["y", { dtype: "uint8", shape: [1], data: new Uint8Array([4]) }],
  ]),
);

const MESSAGES = [
  { type: "boot", data: { use: "onnx", when: new Date(0), names: new Map([["a", 1n]]) } },
  { type: "run", id: 1, tensors: TENSORS },
  { type: "run", id: 2, tensors: packTensors(new Map()) },
  { type: "dispose" },
];

const STREAM = Buffer.concat(MESSAGES.flatMap((message) => [...frameOf(message)]));

test.each([1, 2, 3, 7, 11, 12, 13, 64, STREAM.length])("messages arrive whole in chunks of %i bytes", (size) => {
  const received: object[] = [];
  const reader = new FrameReader((message) => received.push(message));
  for (let at = 0; at < STREAM.length; at += size) reader.push(STREAM.subarray(at, at + size));
  expect(received).toEqual(MESSAGES);
});

test("messages arrive whole in chunks of any sizes", () => {
  for (let cut = 0; cut <= STREAM.length; cut++) {
    const received: object[] = [];
    const reader = new FrameReader((message) => received.push(message));
    reader.push(STREAM.subarray(0, cut));
    reader.push(new Uint8Array(0));
    reader.push(STREAM.subarray(cut));
    expect(received).toEqual(MESSAGES);
  }
});

test("each message has tensors of its own", () => {
  const received: { readonly tensors: typeof TENSORS }[] = [];
  const reader = new FrameReader((message) => received.push(message as (typeof received)[number]));
  const frame = Buffer.concat([...frameOf({ tensors: TENSORS })]);
  reader.push(Buffer.concat([frame, frame]));
  const [first, second] = received.map(({ tensors }) => unpackTensors(tensors).get("x"));
  expect(first).toEqual(second);
  expect(first?.dtype === "float64" && first.data.buffer).not.toBe(second?.dtype === "float64" && second.data.buffer);
});

test("one tensor of many megabytes arrives in the chunks of a socket", () => {
  const data = new Float32Array(5_000_000).map((_, index) => index);
  const frame = Buffer.concat([
    ...frameOf({ tensors: packTensors(new Map([["x", { dtype: "float32", shape: [data.length], data }]])) }),
  ]);
  const received: { readonly tensors: typeof TENSORS }[] = [];
  const reader = new FrameReader((message) => received.push(message as (typeof received)[number]));
  for (let at = 0; at < frame.length; at += 65_536) reader.push(frame.subarray(at, at + 65_536));
  const arrived = received[0] && unpackTensors(received[0].tensors).get("x");
  expect(
    arrived?.dtype === "float32" && Buffer.compare(Buffer.from(arrived.data.buffer), Buffer.from(data.buffer)),
  ).toBe(0);
});

test.each([
  ["an empty head", lengths(0, 0n)],
  ["a head that is too long", lengths(0xffff_ffff, 0n)],
  ["tensors that are too long", lengths(10, 2n ** 63n)],
  ["a head that is no clone", Buffer.concat([lengths(3, 0n), Buffer.from("abc")])],
])("%s is refused without taking memory for it", (_, bytes) => {
  const reader = new FrameReader(() => expect.fail("it was taken for a message"));
  expect(() => reader.push(bytes)).toThrow();
});

function lengths(head: number, tensors: bigint): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(head, 0);
  bytes.writeBigUInt64LE(tensors, 4);
  return bytes;
}
