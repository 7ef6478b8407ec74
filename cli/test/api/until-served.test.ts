import { expect, it } from "vitest";
import type { ManagementClient } from "../../src/api/management-client.js";
import { untilVersionServed } from "../../src/api/until-served.js";
import { CommandFailure, EXIT_FAILED } from "../../src/exit.js";

it("ends with what it was interrupted for, however long a version takes to load", async () => {
  const interrupted = new AbortController();
  const reason = new CommandFailure("Interrupted; it goes on being loaded", EXIT_FAILED);
  const loading = { model: "m", version: "1", state: "loading", labels: [], _links: {} };
  const client = {
    get: async () => {
      interrupted.abort(reason);
      return loading;
    },
  } as unknown as ManagementClient;
  await expect(untilVersionServed(client, loading, interrupted.signal)).rejects.toBe(reason);
});
