import { describe, expect, it } from "vitest";
import { checkManager, tokenDigest } from "../../src/extension-points/management-access.js";

const NONE: ReadonlyMap<string, string> = new Map();
const TOKENS = new Map([
  ["ada", tokenDigest("the-token-of-ada")],
  ["ci", tokenDigest("the-token-of-ci")],
]);

const asked = (authorization?: string, isLocal = false) => ({ authorization, isLocal: () => isLocal });

describe("without tokens", () => {
  it("whoever is on this machine manages the server, whatever he shows", () => {
    expect(checkManager(NONE, asked(undefined, true))).toBeUndefined();
    expect(checkManager(NONE, asked("Bearer whatever", true))).toBeUndefined();
  });

  it("nobody else does", () => {
    expect(() => checkManager(NONE, asked("Bearer whatever"))).toThrow(/own machine/);
  });
});

describe("with tokens", () => {
  it("who shows one is known by its name, from anywhere", () => {
    expect(checkManager(TOKENS, asked("Bearer the-token-of-ada"))).toBe("ada");
    expect(checkManager(TOKENS, asked("bearer  the-token-of-ci "))).toBe("ci");
  });

  it.each<[string | undefined, string]>([
    [undefined, "TOKEN_MISSING"],
    ["", "TOKEN_MISSING"],
    ["Basic YWRhOnRoZS10b2tlbi1vZi1hZGE=", "TOKEN_MISSING"],
    ["Bearer", "TOKEN_MISSING"],
    ["Bearer the token of ada", "TOKEN_MISSING"],
    ["Bearer the-token-of-bob", "TOKEN_UNKNOWN"],
    [`Bearer ${TOKENS.get("ada")}`, "TOKEN_UNKNOWN"],
    ["Bearer the-token-of-ad", "TOKEN_UNKNOWN"],
  ])("%j lets nobody in, on this machine neither: %s", (authorization, reason) => {
    expect(() => checkManager(TOKENS, asked(authorization, true))).toThrow(expect.objectContaining({ reason }));
  });
});
