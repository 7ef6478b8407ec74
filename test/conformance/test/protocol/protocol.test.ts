import type { Socket } from "node:net";
import { createTensor, type Endpoint, type ModelServer, type Protocol, type ServerSettings } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { protocolCases, runProtocolCase, testProtocol } from "../../src/protocol/test-protocol.js";
import { inferByLine, LineProtocol } from "./line-protocol.js";

testProtocol("a protocol that does all right", {
  create: (settings, port) => new LineProtocol(settings, port),
  infer: inferByLine,
});

class ListensElsewhere extends LineProtocol {
  override async start(server: ModelServer, options: { readonly signal: AbortSignal }): Promise<readonly Endpoint[]> {
    await super.start(server, options);
    return [{ url: "line://127.0.0.1:1" }];
  }
}

class TakesAnyPort extends LineProtocol {
  override async start(server: ModelServer, options: { readonly signal: AbortSignal }): Promise<readonly Endpoint[]> {
    return super.start(server, options).catch(() => []);
  }
}

class ClosesWithItsStart extends LineProtocol {
  override async start(server: ModelServer, options: { readonly signal: AbortSignal }): Promise<readonly Endpoint[]> {
    options.signal.addEventListener("abort", () => this.listener?.close());
    return super.start(server, options);
  }
}

class StartsThoughAborted extends LineProtocol {
  override async start(server: ModelServer): Promise<readonly Endpoint[]> {
    return super.start(server, { signal: new AbortController().signal });
  }
}

class KeepsItsPort extends LineProtocol {
  override async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.listener?.unref();
  }
}

class DrainsWithoutClosing extends LineProtocol {
  override async drain(): Promise<void> {
    await Promise.all(this.answering);
  }
}

class DrainsWithoutWaiting extends LineProtocol {
  override async drain(): Promise<void> {
    this.listener?.close();
  }
}

class DrainsForEver extends LineProtocol {
  override async drain(): Promise<void> {
    this.listener?.close();
    await Promise.all(this.answering);
  }
}

class KeepsHandles extends LineProtocol {
  protected override async answer(server: ModelServer, line: string, socket: Socket): Promise<void> {
    const handle = await server.acquire({ model: "echo" });
    const values = Float32Array.from(JSON.parse(line) as number[]);
    await handle.infer({ inputs: new Map([["x", createTensor("float32", [values.length], values)]]) });
    socket.end("[1,2]\n");
  }
}

class HidesErrors extends LineProtocol {
  protected override answer(server: ModelServer, line: string, socket: Socket): Promise<void> {
    return super.answer(server, line, socket).catch(() => void socket.end("[1,2]\n"));
  }
}

type Create = new (settings: ServerSettings, port: number) => Protocol;

describe("the suite for protocols", () => {
  it.each<[string, Create]>([
    ["listens where it says", ListensElsewhere],
    ["goes on listening", ClosesWithItsStart],
    ["does not start where the signal has aborted", StartsThoughAborted],
    ["listens nowhere after a start that failed", TakesAnyPort],
    ["gives its address back", KeepsItsPort],
    ["takes no new connection", DrainsWithoutClosing],
    ["answers what was begun", DrainsWithoutWaiting],
    ["settles when its signal aborts", DrainsForEver],
    ["gives back every version", KeepsHandles],
    ["tells of an overload", HidesErrors],
  ])("notices a protocol that fails where one %s", async (fault, Broken) => {
    const meant = [...protocolCases.values()].flat().filter(({ name }) => name.includes(fault));
    expect(meant).not.toHaveLength(0);
    const failing: string[] = [];
    for (const protocolCase of meant) {
      const subject = {
        create: (settings: ServerSettings, port: number) => new Broken(settings, port),
        infer: inferByLine,
      };
      const outcome = runProtocolCase(protocolCase, subject).then(() => true);
      const passed = await Promise.race([outcome.catch(() => false), timeout(1_000)]);
      if (!passed) failing.push(protocolCase.name);
    }
    expect(failing).not.toHaveLength(0);
  });
});

/** A case that hangs has failed. */
function timeout(afterMs: number): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), afterMs).unref());
}
