import { once } from "node:events";

/** What a child process sends next. @throws Error if it ends instead */
export async function nextMessage(child) {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    return await Promise.race([
      once(child, "message", { signal }).then(([message]) => message),
      once(child, "exit", { signal }).then(([code, killedBy]) => {
        throw new Error(`${child.spawnargs.join(" ")} ended (${killedBy ?? code})`);
      }),
    ]);
  } finally {
    settled.abort();
  }
}
