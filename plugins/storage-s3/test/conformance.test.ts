import { testModelStorage } from "@plinth/conformance";
import { afterAll } from "vitest";
import { storeUnderTest, TestBucket } from "./object-store-under-test.js";

const store = await storeUnderTest();

afterAll(() => store[Symbol.asyncDispose]());

testModelStorage(`storage-s3 on ${store.isReal ? "a real server" : "a fake one"}`, async () => {
  const bucket = await TestBucket.create(store);
  return {
    storage: bucket.storage(),
    reopen: () => bucket.storage(),
    leftovers: () => bucket.leftovers(),
    resumes: true,
    cleanUp: () => bucket[Symbol.asyncDispose](),
  };
});
