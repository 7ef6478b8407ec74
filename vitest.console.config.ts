import { defineConfig } from "vitest/config";

/** The console in a real browser: `CHROMIUM`, or `chromium` on the PATH. Needs `npm run build`. */
export default defineConfig({
  test: { include: ["test/console/**/*.test.ts"], testTimeout: 180_000, hookTimeout: 60_000, fileParallelism: false },
});
