import { defineConfig } from "vitest/config";

/** Tests of storage-s3 against the S3 server at S3_ENDPOINT; the check `storage-s3 on a real MinIO` starts one. Needs `npm run build`. */
export default defineConfig({
  ssr: { resolve: { conditions: ["@plinth/source", "module", "node", "development|production"] } },
  test: {
    include: ["plugins/storage-s3/test/**/*.test.ts", "test/minio/**/*.test.ts", "test/e2e/storages.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
});
