import { defineConfig } from "vitest/config";

/** Tests with clients of other languages against the server as it was built. Needs `npm run build`; installs what it needs by itself. */
export default defineConfig({
  test: {
    include: ["test/interop/**/*.test.ts"],
    testTimeout: 1_000_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
