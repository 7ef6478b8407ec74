import { type StorageUnderTest, testModelStorage } from "@plinth/conformance";
import { afterAll, vi } from "vitest";
import { storeUnderTest, TestBucket } from "./object-store-under-test.js";

// Thousands of requests over sockets take their time where other programs keep the machine busy.
vi.setConfig({ testTimeout: 60_000 });

const store = await storeUnderTest();

afterAll(() => store[Symbol.asyncDispose]());

const name = `storage-s3 on ${store.isReal ? "a real server" : "a fake one"}`;

async function create(): Promise<StorageUnderTest> {
  const bucket = await TestBucket.create(store);
  return {
    storage: bucket.storage(),
    reopen: () => bucket.storage(),
    leftovers: () => bucket.leftovers(),
    resumes: true,
    writeSideFile: (model, name, content) => bucket.lay(`${model}/${name}`, content),
    cleanUp: () => bucket[Symbol.asyncDispose](),
  };
}

testModelStorage(name, create, { isConcurrent: true });
