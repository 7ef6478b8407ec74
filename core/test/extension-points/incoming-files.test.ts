import { createHash, randomBytes } from "node:crypto";
import { checkedFiles, type IncomingFile, type PieceMemory } from "@plinth/core";
import { describe, expect, it } from "vitest";

const { signal } = new AbortController();
const LARGE = randomBytes(5_500_000);
const OWN_BYTES = 2 * 2 ** 20;

describe("the files that a caller publishes", () => {
  it.each([
    ["nothing at all", []],
    ["one small piece", [Buffer.from("small")]],
    ["small pieces", pieces(LARGE, 65_536)],
    ["pieces larger than ours", pieces(LARGE, 2_000_000)],
    ["a single piece", [LARGE]],
  ])("come whole and with their checksum as %s", async (_, content) => {
    const expected = Buffer.concat(content);
    for await (const file of checkedFiles([{ path: "a", content }], signal)) {
      const read: Buffer[] = [];
      for await (const piece of file.content) read.push(Buffer.from(piece));
      expect(expected.equals(Buffer.concat(read))).toBe(true);
      expect(file.digest()).toBe(createHash("sha256").update(expected).digest("hex"));
    }
  });

  it("come in large pieces, however small those of the source are", async () => {
    const lengths = await lengthsOf({ path: "a", content: pieces(LARGE, 1_000) });
    expect(lengths).toEqual([2 ** 20, 2 ** 20, 2 ** 20, 2 ** 20, 2 ** 20, LARGE.length - 5 * 2 ** 20]);
  });

  it("are hashed beside each other, each its own", async () => {
    const contents = Array.from({ length: 4 }, () => randomBytes(2_500_000));
    const digests = await Promise.all(
      contents.map(async (content) => {
        for await (const file of checkedFiles([{ path: "a", content: pieces(content, 100_000) }], signal)) {
          for await (const _ of file.content);
          return file.digest();
        }
        return "";
      }),
    );
    expect(digests).toEqual(contents.map((content) => createHash("sha256").update(content).digest("hex")));
  });

  it("fail with what the source throws in the middle of a large file", async () => {
    async function* broken() {
      yield LARGE;
      throw new Error("the source broke");
    }
    await expect(lengthsOf({ path: "a", content: broken() })).rejects.toThrow("the source broke");
  });
});

describe("the memory of a storage that keeps pieces", () => {
  it.each([
    ["small pieces", pieces(LARGE, 65_536)],
    ["a single piece", [LARGE]],
    ["less than one piece", [LARGE.subarray(0, 500_000)]],
    ["pieces to the byte", [LARGE.subarray(0, 2 * OWN_BYTES)]],
  ])("is the storage's from when it gets the piece, of %s", async (_, content) => {
    const expected = Buffer.concat(content);
    const memory = new CountedMemory();
    for await (const file of checkedFiles([{ path: "a", content }], signal, { memory })) {
      const read: Buffer[] = [];
      for await (const piece of file.content) {
        read.push(Buffer.from(piece));
        piece.fill(0);
      }
      expect(expected.equals(Buffer.concat(read))).toBe(true);
      expect(read.map(({ length }) => length).slice(0, -1)).toEqual(read.slice(1).map(() => OWN_BYTES));
      expect(file.digest()).toBe(createHash("sha256").update(expected).digest("hex"));
      expect(memory.taken).toBe(read.length);
    }
  });

  it("is given back where no piece comes of it", async () => {
    const memory = new CountedMemory();
    async function* broken() {
      yield LARGE.subarray(0, OWN_BYTES + 1);
      throw new Error("the source broke");
    }
    const read = async () => {
      for await (const file of checkedFiles([{ path: "a", content: broken() }], signal, { memory })) {
        for await (const piece of file.content) memory.giveBack(piece);
      }
    };
    await expect(read()).rejects.toThrow("the source broke");
    expect(memory.taken).toBe(0);
  });
});

class CountedMemory implements PieceMemory {
  taken = 0;

  async take(): Promise<Uint8Array> {
    this.taken++;
    return new Uint8Array(new SharedArrayBuffer(OWN_BYTES));
  }

  giveBack(_memory: Uint8Array): void {
    this.taken--;
  }
}

async function lengthsOf(incoming: IncomingFile): Promise<number[]> {
  const lengths: number[] = [];
  for await (const file of checkedFiles([incoming], signal)) {
    for await (const piece of file.content) lengths.push(piece.byteLength);
  }
  return lengths;
}

function pieces(bytes: Buffer, length: number): Buffer[] {
  const count = Math.ceil(bytes.length / length);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * length, (index + 1) * length));
}
