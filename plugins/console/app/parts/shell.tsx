import type { ComponentChildren } from "preact";
import { Link, useRoute } from "wouter-preact";
import type { Health } from "../api/documents.js";
import { useResource } from "../api/use-resource.js";

const PAGES = [
  ["/", "Models"],
  ["/history", "History"],
  ["/server", "Server"],
] as const;

/** What stands around every page. */
export function Shell({ children }: { readonly children: ComponentChildren }) {
  const health = useResource<Health>("/api/health");
  const isReady = health.document?.ready === true && health.error === undefined;
  const status =
    health.error !== undefined ? "not reached" : health.document === undefined ? "…" : isReady ? "ready" : "not ready";
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
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

function PageLink({ path, name }: { readonly path: string; readonly name: string }) {
  const [isHere] = useRoute(path);
  return (
    <Link href={path} {...(isHere && { "aria-current": "page" })}>
      {name}
    </Link>
  );
}
