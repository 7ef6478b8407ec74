import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Label, LabelList, ModelList, Problem, RevisionList, VersionList } from "@plinth/management";
import { afterAll, describe, expect, it } from "vitest";
import { storeUnderTest } from "../../plugins/storage-s3/test/object-store-under-test.js";
import { ROOT } from "../architecture/source-files.js";
import { ManagementClient } from "./management-client.js";
import { Serving, TemporaryFolder } from "./serving.js";
import { tar } from "./tar.js";

/** A storage that the story is told of. */
interface StorageOfStory {
  readonly use: string;
  /** Further options beside `use`, as they stand in a configuration in `folder`. */
  readonly options?: string;
  /** Whether a server that starts again finds what there was. */
  readonly isLasting: boolean;
}

/** A real one where S3_ENDPOINT says so, else one in this process. */
const store = await storeUnderTest();

afterAll(() => store[Symbol.asyncDispose]());

const bucket = {
  bucket: store.bucket,
  endpoint: store.endpoint,
  accessKeyId: store.accessKeyId,
  secretAccessKey: store.secretAccessKey,
  region: "us-east-1",
  prefix: `tests/${randomUUID()}`,
  cacheDirectory: "./cache",
};

/** The one line that differs between the servers. */
const STORAGES: readonly StorageOfStory[] = [
  { use: "memory", isLasting: false },
  { use: "disk", options: "root: ./models", isLasting: true },
  { use: "s3", options: JSON.stringify(bucket).slice(1, -1), isLasting: true },
];

const MODEL = "/api/models/digits";
const WHY = { "plinth-why": "the story wants it" };
const TAR = { "content-type": "application/x-tar" };

describe.each(STORAGES)("the story of a model on the storage $use", ({ use, options, isLasting }) => {
  it("is the same as on every other, and so is the configuration but for its name", async () => {
    await using folder = await TemporaryFolder.create();
    const storage = [use, options].filter(Boolean).join(", ");
    const config = `server: { pollIntervalMs: 20 }\nstorage: { use: ${storage} }\n`;
    const file = join(folder.path, "config.yaml");
    await using first = await Serving.start(config, file);
    expect(await tellStory(first)).toEqual(STORY);
    expect(await stateOf(first)).toEqual(AT_THE_END);
    await first[Symbol.asyncDispose]();
    await using second = await Serving.start(config, file);
    expect(await stateOf(second)).toEqual(isLasting ? AT_THE_END : NOTHING);
  }, 60_000);
});

/** What a user of the server sees, step by step. */
const STORY: readonly (readonly [step: string, seen: unknown])[] = [
  ["publishes version 1", { status: 201, digit: 7 }],
  ["publishes it again", "VERSION_EXISTS"],
  ["publishes version 2, keeps both", { status: 201, digit: 7 }],
  ["labels version 1", { status: 200, digit: 7 }],
  ["moves the label to version 2", { version: "2", digit: 7 }],
  ["asks for the history", ["set-label", "set-label", "set-versions", "publish", "publish"]],
  ["goes back to what was before", "1"],
  ["removes a version that has a label", "VERSION_IN_USE"],
  ["removes version 2", { status: 200, left: ["1"] }],
  ["asks for a version that is gone", "VERSION_NOT_FOUND"],
];

const AT_THE_END = {
  versions: ["1"],
  labels: { stable: "1" },
  history: ["remove", "rollback", "set-label", "set-label", "set-versions", "publish", "publish"],
};

const NOTHING = { versions: undefined, labels: undefined, history: [] };

async function tellStory(serving: Serving): Promise<typeof STORY> {
  const api = await ManagementClient.connect(serving.url);
  const seven = await readFile(join(ROOT, "examples", "digits", "seven.json"), "utf8");
  const predict = async (path: string): Promise<unknown> => {
    const { status, text } = await serving.predict(path, seven);
    return status === 200 ? JSON.parse(text).predictions[0].digit : text;
  };
  const publish = async (version: number) => {
    const content = await readFile(join(ROOT, "examples", "digits", "models", "digits", `${version}`, "model.onnx"));
    const archive = await tar({ name: "model.onnx", content });
    const answer = await api.send<Problem>("PUT", `${MODEL}/versions/${version}`, archive, TAR);
    await serving.server.settled();
    return answer;
  };
  const label = (version: number) =>
    api.send<Label>("PUT", `${MODEL}/labels/stable`, { version: String(version) }, WHY);
  const told: [string, unknown][] = [];
  const step = async (what: string, does: () => Promise<unknown>) => void told.push([what, await does()]);

  await step("publishes version 1", async () => ({
    status: (await publish(1)).status,
    digit: await predict("digits"),
  }));
  await step("publishes it again", async () => (await publish(1)).body.reason);
  await step("publishes version 2, keeps both", async () => {
    const { status } = await publish(2);
    await api.send("PATCH", MODEL, { versionPolicy: "all" });
    await serving.server.settled();
    return { status, digit: await predict("digits/versions/1") };
  });
  await step("labels version 1", async () => {
    const { status } = await label(1);
    return { status, digit: await predict("digits/labels/stable") };
  });
  await step("moves the label to version 2", async () => {
    const { version } = (await label(2)).body;
    return { version, digit: await predict("digits/labels/stable") };
  });
  await step("asks for the history", async () => (await stateOf(serving)).history);
  await step("goes back to what was before", async () => {
    const { items } = (await api.get<RevisionList>(`${MODEL}/history`)).body;
    await api.send("POST", `${MODEL}/rollback`, { to: items[1]?.revision }, WHY);
    return (await api.get<Label>(`${MODEL}/labels/stable`)).body.version;
  });
  const remove = (version: number) => api.send<Problem>("DELETE", `${MODEL}/versions/${version}`);
  await step("removes a version that has a label", async () => (await remove(1)).body.reason);
  await step("removes version 2", async () => {
    const { status } = await remove(2);
    await serving.server.settled();
    return { status, left: (await stateOf(serving)).versions };
  });
  await step("asks for a version that is gone", async () => (await remove(2)).body.reason);
  return told;
}

async function stateOf(serving: Serving) {
  const api = await ManagementClient.connect(serving.url);
  const { items: history } = (await api.get<RevisionList>("/api/history")).body;
  const { items: models } = (await api.get<ModelList>("/api/models")).body;
  if (models.length === 0) return { ...NOTHING, history };
  const { items: versions } = (await api.get<VersionList>(`${MODEL}/versions`)).body;
  const { items: labels } = (await api.get<LabelList>(`${MODEL}/labels`)).body;
  return {
    versions: versions.filter(({ state }) => state !== "end").map(({ version }) => version),
    labels: Object.fromEntries(labels.map(({ label, version }) => [label, version])),
    history: history.map(({ action }) => action.kind),
  };
}
