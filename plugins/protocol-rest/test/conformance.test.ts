import { testProtocol } from "@plinth/conformance";
import { RestProtocol } from "../src/index.js";
import { SILENT } from "./rest-under-test.js";

testProtocol("protocol-rest", {
  create: (settings, port) => new RestProtocol({ port, settings, routes: [], logger: SILENT }),
  infer: async (url) => {
    const response = await fetch(`${url}/v1/models/echo:predict`, { method: "POST", body: '{"inputs": [1, 2]}' });
    if (!response.ok) throw new Error(await response.text());
    const { outputs } = (await response.json()) as { outputs: number[] };
    return outputs;
  },
});
