import type { ComponentChildren } from "preact";

/** Something that went wrong, told where it is seen and heard. */
export function Failure({ error }: { readonly error: Error | undefined }) {
  return error === undefined ? null : (
    <p class="failure" role="alert">
      {error.message}
    </p>
  );
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

export function Loading() {
  return (
    <p class="empty" role="status">
      Loading …
    </p>
  );
}
