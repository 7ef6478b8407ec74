export type {
  BackendUnderTest,
  BrokenExample,
  ExampleFiles,
  ModelExample,
  RunExample,
} from "./backend/backend-under-test.js";
export { testBackend } from "./backend/test-backend.js";
export { testMonitor } from "./monitor/test-monitor.js";
export { EchoServer } from "./protocol/echo-server.js";
export type { ProtocolUnderTest } from "./protocol/protocol-under-test.js";
export { testProtocol } from "./protocol/test-protocol.js";
export { testRoutes } from "./route/test-routes.js";
export type { StorageUnderTest } from "./storage/storage-under-test.js";
export { type StorageSuiteOptions, testModelStorage } from "./storage/test-model-storage.js";
