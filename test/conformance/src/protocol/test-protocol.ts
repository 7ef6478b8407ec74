import type { Protocol, ServerSettings } from "@plinth/core";
import { describe, it } from "vitest";
import { EchoServer } from "./echo-server.js";
import { drainingCases, inferenceCases, lifetimeCases } from "./protocol-cases.js";
import type { ProtocolCase, ProtocolUnderTest } from "./protocol-under-test.js";

/** Every case of the suite by what it is about. */
export const protocolCases: ReadonlyMap<string, readonly ProtocolCase[]> = new Map([
  ["lifetime", lifetimeCases],
  ["inference", inferenceCases],
  ["draining", drainingCases],
]);

const SETTINGS: ServerSettings = {
  host: "127.0.0.1",
  processes: 1,
  shutdownDeadlineMs: 5_000,
  pollIntervalMs: 1_000,
  memoryBudgetBytes: 0,
  loading: "eager",
  idleUnloadMs: 0,
  protectedLabels: [],
  managementTokens: new Map(),
  limits: {
    maxRequestBytes: 1 << 20,
    requestTimeoutMs: 5_000,
    inferenceTimeoutMs: 5_000,
    streamTimeoutMs: 5_000,
    maxConnections: 256,
  },
};

/** Registers with vitest what every {@link Protocol} must do. */
export function testProtocol(name: string, subject: ProtocolUnderTest): void {
  describe(`${name} as a protocol`, () => {
    for (const [title, cases] of protocolCases) {
      describe(title, () => {
        for (const protocolCase of cases) it(protocolCase.name, () => runProtocolCase(protocolCase, subject));
      });
    }
  });
}

/** Runs one case without vitest. */
export async function runProtocolCase(protocolCase: ProtocolCase, subject: ProtocolUnderTest): Promise<void> {
  const created: Protocol[] = [];
  const server = new EchoServer();
  try {
    await protocolCase.run({
      subject,
      server,
      create: (port = 0) => {
        const protocol = subject.create(SETTINGS, port);
        created.push(protocol);
        return protocol;
      },
    });
  } finally {
    server.letGo();
    for (const protocol of created) await protocol[Symbol.asyncDispose]();
  }
}
