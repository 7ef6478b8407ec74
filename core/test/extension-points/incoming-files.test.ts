import { createHash, randomBytes } from "node:crypto";
import { checkedFiles, type IncomingFile } from "@plinth/core";
import { describe, expect, it } from "vitest";

const { signal } = new AbortController();
const LARGE = randomBytes(3_500_000);

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
    expect(lengths).toEqual([2 ** 20, 2 ** 20, 2 ** 20, LARGE.length - 3 * 2 ** 20]);
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
