import { defineConfig } from "vitest/config";

export default defineConfig({
  ssr: { resolve: { conditions: ["@plinth/source", "node", "development|production"] } },
  test: {
    include: [
      "{core,cli,libraries/*,plugins/*,test/conformance}/test/**/*.test.ts",
      "test/{architecture,e2e}/**/*.test.ts",
      "bench/test/*.test.mjs",
    ],
    globalSetup: "test/minio-at-hand.ts",
    // Every file imports much of the same; each in a world of its own takes twice the time of the tests.
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    maxWorkers: "100%",
  },
});
