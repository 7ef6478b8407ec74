import { testProtocol } from "@plinth/conformance";
import { afterAll, beforeAll } from "vitest";
import { RestProtocol } from "../src/index.js";
import { SILENT } from "./rest-under-test.js";
import { Certificates, secureRequest } from "./tls/tls-clients.js";

testProtocol("protocol-rest", {
  create: (settings, port) => new RestProtocol({ port, settings, routes: [], logger: SILENT }),
  infer: async (url) => {
    const response = await fetch(`${url}/v1/models/echo:predict`, { method: "POST", body: '{"inputs": [1, 2]}' });
    if (!response.ok) throw new Error(await response.text());
    const { outputs } = (await response.json()) as { outputs: number[] };
    return outputs;
  },
});

const certificates = new Certificates();
beforeAll(() => certificates.issue("server"));
afterAll(() => certificates[Symbol.asyncDispose]());

testProtocol("protocol-rest over TLS", {
  create: (settings, port) =>
    new RestProtocol({ port, tls: certificates.tls("server"), settings, routes: [], logger: SILENT }),
  infer: async (url) => {
    const ca = certificates.pem("ca.crt");
    const { status, body } = await secureRequest(`${url}/v1/models/echo:predict`, { ca, body: '{"inputs": [1, 2]}' });
    if (status !== 200) throw new Error(body);
    return (JSON.parse(body) as { outputs: number[] }).outputs;
  },
});
