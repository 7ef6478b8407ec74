import { useEffect, useState } from "preact/hooks";

/**
 * The token that this page shows to the server. It lies in the tab's `sessionStorage`: no page of another origin can read that, it is gone
 * with the tab, and, unlike a cookie, the browser sends it with no request by itself, so that no other page can have something done in its
 * name. Scripts of this origin are the console's own alone, by its content security policy.
 */
const KEY = "plinth-token";

/** Why a token is asked for. */
export type TokenWanted = "missing" | "unknown";

let wanted: TokenWanted | undefined;
const listeners = new Set<() => void>();

export function currentToken(): string | undefined {
  return sessionStorage.getItem(KEY) ?? undefined;
}

/** Shows this token from now on; `undefined`: none. */
export function changeToken(token: string | undefined): void {
  if (token === undefined) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
  wanted = token === undefined ? "missing" : undefined;
  tell();
}

/** The server wants another token than `shown`; what came of one that was changed meanwhile says nothing. */
export function tokenRefused(shown: string | undefined): void {
  if (shown !== currentToken()) return;
  sessionStorage.removeItem(KEY);
  wanted = shown === undefined ? "missing" : "unknown";
  tell();
}

/** The header that shows the token, where there is one. */
export function authorization(): Readonly<Record<string, string>> {
  const token = currentToken();
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

export interface TokenState {
  readonly hasToken: boolean;
  /** `undefined`: none is needed, as far as is known. */
  readonly wanted: TokenWanted | undefined;
}

export function useToken(): TokenState {
  const [state, setState] = useState<TokenState>(stateNow);
  useEffect(() => {
    const look = () => setState(stateNow());
    listeners.add(look);
    look();
    return () => void listeners.delete(look);
  }, []);
  return state;
}

function stateNow(): TokenState {
  return { hasToken: currentToken() !== undefined, wanted };
}

function tell(): void {
  for (const listener of listeners) listener();
}
