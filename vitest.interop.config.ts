import { defineConfig } from "vitest/config";

/**
 * Clients of other languages against a server from source, or as it was built (`npm run build`). Each installs what it needs by itself into the cache folder, and is skipped, and
 * says so, where its language is missing.
 */
export default defineConfig({
  ssr: { resolve: { conditions: ["@plinth/source", "module", "node", "development|production"] } },
  test: {
    include: ["test/interop/**/*.test.ts"],
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    fileParallelism: false,
  },
});
