import { defineConfig } from "vitest/config";

/** Tests of what was built: the commands as people type them, and packages from their tarballs. Needs `npm run build`. */
export default defineConfig({
  test: { include: ["test/built/**/*.test.ts"], testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false },
});
