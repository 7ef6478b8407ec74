import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { RevisionList, Traffic } from "@plinth/management";
import { afterEach, describe, expect, it } from "vitest";
import { ROOT } from "../architecture/source-files.js";
import { floats, ServingClient } from "../serving-client.js";
import { ServedFolder } from "./served-folder.js";

const EXAMPLE = join(ROOT, "examples", "digits");
/** gRPC has one process for each connection. */
const CLIENTS = 16;

let served: ServedFolder;
let clients: readonly ServingClient[];
let image: readonly number[];
let body: string;

afterEach(async () => {
  for (const client of clients) client[Symbol.dispose]();
  await served[Symbol.asyncDispose]();
});

async function start(processes: number): Promise<void> {
  served = await ServedFolder.start(
    `server: { processes: ${processes}, protectedLabels: [stable] }\nstorage: { use: disk, root: ./models, settleMs: 0 }\n` +
      "protocols: [{ use: rest, port: 0 }, { use: grpc, port: 0 }]\n",
  );
  const [, address = ""] = await served.server.line(/(grpc:\/\/[^\s,]+)/);
  clients = Array.from({ length: CLIENTS }, () => new ServingClient(address));
  image = JSON.parse(await readFile(join(EXAMPLE, "seven.json"), "utf8")).instances[0].flat();
  body = JSON.stringify({ inputs: [{ name: "image", datatype: "FP32", shape: [1, 784], data: image }] });
}

/** Asks for one digit, perhaps as a user, and tells which version answered. */
type Ask = (client: number, user?: string) => Promise<string>;

const overRest: Ask = async (_client, user) => {
  const response = await fetch(`${served.url}/v2/models/digits/infer`, {
    method: "POST",
    body,
    ...(user !== undefined && { headers: { "x-user": user } }),
  });
  expect(response.status, await response.clone().text()).toBe(200);
  return ((await response.json()) as { readonly model_version: string }).model_version;
};

const overGrpc: Ask = async (client, user) => {
  const metadata = user === undefined ? {} : { "x-user": user };
  const answer = await clients[client]?.predict("digits", { image: floats(image, 1, 784) }, {}, metadata);
  return String(answer?.modelSpec?.versionChoice?.value);
};

/** Percent of so many requests that each version answered. */
async function sharesOf(ask: Ask, requests: number): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  let asked = 0;
  const each = async (client: number) => {
    while (asked++ < requests) {
      const version = await ask(client);
      counts[version] = (counts[version] ?? 0) + 100 / requests;
    }
  };
  await Promise.all(clients.map((_, client) => each(client)));
  return counts;
}

describe.each([
  { processes: 1, requests: 10_000, within: 2 },
  { processes: 2, requests: 2_000, within: 5 },
])(
  "a model's story by the command line, over REST and gRPC, processes: $processes",
  ({ processes, requests, within }) => {
    it("is deployed, labelled, split, kept sticky, mirrored, rolled back, and told by its history", async () => {
      await start(processes);
      for (const version of ["1", "2"]) {
        await cp(join(EXAMPLE, "models", "digits", version), join(served.path, version), { recursive: true });
        expect((await served.plinth("push", "digits", version)).code).toBe(0);
      }
      expect((await served.plinth("load", "digits", "1")).code).toBe(0);
      await served.untilPrinted(/^1 +available/m, "versions", "digits");
      expect((await served.plinth("label", "digits", "stable", "1")).stderr).toContain("LABEL_PROTECTED");
      expect((await served.plinth("label", "digits", "stable", "1", "-w", "proven")).code).toBe(0);
      expect((await served.plinth("label", "digits", "canary", "2")).code).toBe(0);

      await served.json("traffic", "digits", "stable=90", "canary=10");
      for (const ask of [overRest, overGrpc]) {
        const shares = await sharesOf(ask, requests / 2);
        expect(Math.abs((shares[1] ?? 0) - 90), JSON.stringify(shares)).toBeLessThan(within);
        expect(Math.abs((shares[2] ?? 0) - 10), JSON.stringify(shares)).toBeLessThan(within);
      }

      await served.json("traffic", "digits", "stable=50", "canary=50", "--sticky-by", "x-user");
      const users = Array.from({ length: 40 }, (_, index) => `user-${index}`);
      const versionsOf = (ask: Ask) => Promise.all(users.map((user, index) => ask(index % CLIENTS, user)));
      const sticky = await versionsOf(overRest);
      expect(new Set(sticky)).toEqual(new Set(["1", "2"]));
      for (const ask of [overRest, overGrpc, overGrpc]) expect(await versionsOf(ask)).toEqual(sticky);

      await served.json("traffic", "digits", "stable=1", "--no-sticky-by", "--shadow", "canary=100");
      for (const ask of [overRest, overGrpc]) expect(await ask(0)).toBe("1");
      await expect
        .poll(async () => {
          const { shadow } = await served.json<Traffic>("traffic", "digits");
          return shadow && [shadow.version, shadow.agreed + shadow.differed, shadow.failed, shadow.dropped];
        })
        .toEqual(["2", 2, 0, 0]);

      const { items: before } = await served.json<RevisionList>("history", "digits");
      const labelled = before.find(({ action }) => action.label === "canary")?.revision;
      expect((await served.plinth("rollback", "digits", String(labelled), "-w", "enough seen")).code).toBe(0);
      expect((await served.json<Traffic>("traffic", "digits")).rules).toEqual({ split: {} });
      await expect.poll(async () => [await overRest(0), await overGrpc(0)]).toEqual(["2", "2"]);

      const { items: history } = await served.json<RevisionList>("history", "digits");
      expect(history.toReversed().map(({ action, why }) => [action.kind, why])).toEqual([
        ["publish", undefined],
        ["publish", undefined],
        ["load", undefined],
        ["set-label", "proven"],
        ["set-label", undefined],
        ["set-traffic", undefined],
        ["set-traffic", undefined],
        ["set-traffic", undefined],
        ["rollback", "enough seen"],
      ]);
      expect(history.map(({ before, after }) => [before, after]).toReversed()).toEqual(
        history
          .toReversed()
          .map((_revision, index, oldestFirst) => [oldestFirst[index - 1]?.after ?? {}, oldestFirst[index]?.after]),
      );
    });
  },
);
