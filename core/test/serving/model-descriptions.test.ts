import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DescriptionFormat, type ModelDescription, PlinthError } from "../../src/index.js";
import type { LocalModelServer } from "../../src/serving/local-model-server.js";
import { CatalogUnderTest } from "./catalog-under-test.js";

/** Files of JSON; `"broken"` is none. */
const FORMAT: DescriptionFormat = {
  fileName: "about.json",
  read(_model, content): ModelDescription {
    const text = new TextDecoder().decode(content);
    if (text === "broken") throw new PlinthError("MODEL_DESCRIPTION_INVALID", "about.json:1:1: broken");
    return { name: "about.json", warmUp: [], ignored: [], ...JSON.parse(text) };
  },
};

const TWO_NEWEST = JSON.stringify({ versions: { kind: "latest", count: 2 }, ignored: ["colour (about.json:2:1)"] });
const EMPTY = JSON.stringify({ ignored: [] });

let subject: CatalogUnderTest;

beforeEach(() => {
  subject = new CatalogUnderTest();
});

afterEach(() => subject.stop());

function describeDigits(text: string | undefined): void {
  if (text === undefined) subject.storage.sideFiles.delete("digits/about.json");
  else subject.storage.sideFiles.set("digits/about.json", text);
}

async function look(): Promise<void> {
  await subject.catalog.refresh();
  await subject.catalog.settled();
}

describe("a file that describes a model", () => {
  it("stands in for the defaults, and what has no meaning is logged once", async () => {
    subject.storage.hold({ digits: [1n, 2n, 3n] });
    describeDigits(TWO_NEWEST);
    await subject.start({ formats: [FORMAT] });
    await look();
    expect(subject.states("digits")).toEqual({ 2: "available", 3: "available" });
    expect(subject.logger.messages("warn")).toEqual([
      "Of what about.json says of model digits, this has no meaning here: colour (about.json:2:1)",
    ]);
  });

  it("does not stand in for what is configured", async () => {
    subject.storage.hold({ digits: [1n, 2n, 3n] });
    describeDigits(TWO_NEWEST);
    const models = new Map([["digits", { versions: { kind: "all" }, labels: new Map() } as const]]);
    await subject.start({ formats: [FORMAT], models });
    expect(Object.keys(subject.states("digits"))).toHaveLength(3);
  });

  it("is followed when it changes, and when it goes", async () => {
    subject.storage.hold({ digits: [1n, 2n, 3n] });
    await subject.start({ formats: [FORMAT] });
    expect(subject.states("digits")).toEqual({ 3: "available" });
    describeDigits(TWO_NEWEST);
    await look();
    expect(subject.states("digits")).toEqual({ 2: "available", 3: "available" });
    describeDigits(undefined);
    await look();
    expect(subject.states("digits")).toEqual({ 2: "end", 3: "available" });
  });

  it("leaves what is loaded as it is while it is broken, and says so once", async () => {
    subject.storage.hold({ digits: [1n] });
    await subject.start({ formats: [FORMAT] });
    describeDigits("broken");
    subject.storage.hold({ digits: [1n, 2n] });
    await look();
    await look();
    expect(subject.states("digits")).toEqual({ 1: "available" });
    expect(subject.catalog.status("digits")?.error?.message).toBe("about.json:1:1: broken");
    expect(subject.logger.messages("error")).toEqual(["Model digits stays as it is: its about.json cannot be used"]);
    describeDigits(TWO_NEWEST);
    await look();
    expect(subject.states("digits")).toEqual({ 1: "available", 2: "available" });
  });

  it("keeps a version out of service that it contradicts, until it is mended", async () => {
    const tensor = { dtype: "int8", shape: [-1], at: "about.json:1:1" };
    const contradicting: DescriptionFormat = {
      ...FORMAT,
      read: (model, content, others) => ({
        ...FORMAT.read(model, content, others),
        ...(content.length > 20 && { inputs: new Map([["x", tensor]]) as ModelDescription["inputs"] }),
      }),
    };
    subject.storage.hold({ digits: [1n] });
    describeDigits(TWO_NEWEST);
    await subject.start({ formats: [contradicting] });
    expect(subject.catalog.status("digits")?.versions[0]).toMatchObject({
      state: "error",
      error: { reason: "MODEL_DESCRIPTION_INVALID" },
    });
    describeDigits(EMPTY);
    await look();
    expect(subject.states("digits")).toEqual({ 1: "available" });
  });
});

describe("a file that refers to another one", () => {
  const REFERRING: DescriptionFormat = {
    ...FORMAT,
    refersTo: () => ["labels.txt", "more.txt"],
    read(_model, content, others) {
      const labels = others.get("labels.txt");
      if (labels === undefined) throw new PlinthError("MODEL_DESCRIPTION_INVALID", "about.json:1:1: no labels.txt");
      const y = {
        dtype: "float32",
        shape: [-1],
        at: "about.json:1:1",
        labels: new TextDecoder().decode(labels).split(" "),
      } as const;
      return { ...FORMAT.read("", content, others), outputs: new Map([["y", y]]) };
    },
  };

  async function labels(server: LocalModelServer): Promise<readonly string[] | undefined> {
    using handle = await server.acquire({ model: "digits" });
    return handle.facts?.description?.outputs?.get("y")?.labels;
  }

  it("is given what is in that, and is read again when it changes", async () => {
    subject.storage.hold({ digits: [1n] });
    describeDigits(EMPTY);
    subject.storage.sideFiles.set("digits/labels.txt", "cat dog");
    const server = await subject.start({ formats: [REFERRING] });
    expect(await labels(server)).toEqual(["cat", "dog"]);
    await look();
    subject.storage.sideFiles.set("digits/labels.txt", "cat cow");
    subject.storage.hold({ digits: [2n] });
    await look();
    await look();
    expect(await labels(server)).toEqual(["cat", "cow"]);
  });

  it("is broken while that is not there", async () => {
    subject.storage.hold({ digits: [1n] });
    describeDigits(EMPTY);
    const server = await subject.start({ formats: [REFERRING] });
    expect(server.status("digits")?.error?.message).toBe("about.json:1:1: no labels.txt");
    subject.storage.sideFiles.set("digits/labels.txt", "cat dog");
    await look();
    await look();
    expect(await labels(server)).toEqual(["cat", "dog"]);
  });
});
