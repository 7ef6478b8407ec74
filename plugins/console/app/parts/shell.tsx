import type { ComponentChildren } from "preact";
import { Link, useRoute } from "wouter-preact";
import type { Health } from "../api/documents.js";
import { changeToken, useToken } from "../api/token.js";
import { type Resource, useResource } from "../api/use-resource.js";
import { TokenForm } from "./token-form.js";

const PAGES = [
  ["/", "Models"],
  ["/history", "History"],
  ["/errors", "Errors"],
  ["/server", "Server"],
] as const;

/** What stands around every page. */
export function Shell({ children }: { readonly children: ComponentChildren }) {
  const { hasToken, wanted } = useToken();
  const health = useResource<Health>(wanted === undefined ? "/api/health" : undefined);
  const isReady = health.document?.ready === true && health.error === undefined;
  const status = statusOf(wanted !== undefined, health, isReady);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <header class="shell">
        <Link href="/" class="brand">
          Plinth
        </Link>
        <nav aria-label="Pages">
          {PAGES.map(([path, name]) => (
            <PageLink key={path} path={path} name={name} />
          ))}
        </nav>
        <span class={`health ${isReady ? "good" : "bad"}`} role="status">
          {status}
        </span>
        {hasToken && wanted === undefined && (
          <button type="button" onClick={() => changeToken(undefined)}>
            Forget the token
          </button>
        )}
      </header>
      <main id="main" tabIndex={-1}>
        {wanted === undefined ? children : <TokenForm isUnknown={wanted === "unknown"} />}
      </main>
    </>
  );
}

function PageLink({ path, name }: { readonly path: string; readonly name: string }) {
  const [isHere] = useRoute(path);
  const [isModel] = useRoute("/models/:model");
  const isAbove = isModel && path === "/";
  return (
    <Link href={path} {...((isHere || isAbove) && { "aria-current": isHere ? "page" : "true" })}>
      {name}
    </Link>
  );
}

function statusOf(isLocked: boolean, { document, error }: Resource<Health>, isReady: boolean): string {
  if (isLocked) return "locked";
  if (error !== undefined) return "not reached";
  if (document === undefined) return "…";
  return isReady ? "ready" : "not ready";
}
