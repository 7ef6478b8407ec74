import type { PortGuest } from "@plinth/core";
import { describe, expect, it } from "vitest";
import { ownerOf } from "../../src/sharing/owner-of.js";

const guest = (scheme: string, preface: string): PortGuest => ({
  scheme,
  alpnProtocol: scheme,
  preface: Buffer.from(preface),
  take: () => {},
});

const GUESTS = [guest("grpc", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), guest("lines", "PRINT ")];

describe("a connection", () => {
  it.each<[begun: string, owner: string | undefined]>([
    ["", undefined],
    ["P", undefined],
    ["PO", "host"],
    ["PRI", undefined],
    ["PRI ", undefined],
    ["PRIN", undefined],
    ["PRINT ", "lines"],
    ["PRINT and more", "lines"],
    ["PRINTS", "host"],
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r", undefined],
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "grpc"],
    ["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0", "grpc"],
    ["PRI * HTTP/1.1\r\n", "host"],
    ["PUT / HTTP/1.1\r\n", "host"],
    ["pri * HTTP/2.0\r\n", "host"],
    ["\x16\x03\x01", "host"],
  ])("that begins with %j is %s's", (begun, expected) => {
    const owner = ownerOf(Buffer.from(begun, "latin1"), GUESTS);
    expect(typeof owner === "object" ? owner.scheme : owner).toBe(expected);
  });

  it("is the host's at once where there are no guests", () => {
    expect(ownerOf(Buffer.alloc(0), [])).toBe("host");
  });
});
