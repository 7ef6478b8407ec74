import { createHash, timingSafeEqual } from "node:crypto";
import { PlinthError } from "../model/errors.js";

/** `Authorization` as RFC 6750 has it. */
const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;

/** The SHA-256 of a token, in lower-case hexadecimal, which is all of it that the server keeps. */
export function tokenDigest(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** What a protocol knows of somebody who wants to manage the server. */
export interface ManagementCaller {
  /** The header `Authorization`, or the metadata of that name. */
  readonly authorization: string | undefined;
  /** Whether it is a program on this machine that meant this server; asked only where no tokens are configured. */
  readonly isLocal: () => boolean;
}

/**
 * Lets those through who may manage the server: who shows one of the tokens, or, where none are configured, who is on its machine.
 *
 * @param tokens {@link tokenDigest}s by name
 * @returns the name of the token that was shown; `undefined` where none are configured
 * @throws PlinthError `TOKEN_MISSING`, `TOKEN_UNKNOWN`; without tokens `PERMISSION_DENIED`
 */
export function checkManager(
  tokens: ReadonlyMap<string, string>,
  { authorization, isLocal }: ManagementCaller,
): string | undefined {
  if (tokens.size === 0) {
    if (isLocal()) return undefined;
    throw new PlinthError(
      "PERMISSION_DENIED",
      "Management answers only callers on the server's own machine, by a loopback address and without a proxy; " +
        "server.managementTokens lets others in who show a token",
    );
  }
  const [, token] = BEARER.exec(authorization ?? "") ?? [];
  if (token === undefined) {
    throw new PlinthError(
      "TOKEN_MISSING",
      "Management wants a token here: expected Authorization: Bearer <token>, got none",
    );
  }
  const shown = Buffer.from(tokenDigest(token), "hex");
  // All of them, so that the time tells nothing of which was nearly right.
  const known = [...tokens].filter(([, digest]) => timingSafeEqual(Buffer.from(digest, "hex"), shown));
  if (known[0] !== undefined) return known[0][0];
  throw new PlinthError("TOKEN_UNKNOWN", "The token is none of those that may manage this server");
}
