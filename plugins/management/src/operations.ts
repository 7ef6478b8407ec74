import { createRequire } from "node:module";
import { openApiDocument } from "./openapi.js";
import { defineOperation, type Operation } from "./operation.js";
import { historyOperations } from "./operations/history-operations.js";
import { labelOperations } from "./operations/label-operations.js";
import { modelOperations } from "./operations/model-operations.js";
import { serverOperations } from "./operations/server-operations.js";
import { statisticsOperations } from "./operations/statistics-operations.js";
import { trafficOperations } from "./operations/traffic-operations.js";
import { uploadOperations } from "./operations/upload-operations.js";

const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string };

const describeApi = defineOperation({
  id: "describeApi",
  method: "GET",
  path: "/api/openapi.json",
  summary: "This description.",
  changes: false,
  answer: { status: 200, description: "OpenAPI 3.1.", mediaType: "application/json" },
  handle: async (_call, { described }) => ({ body: openApiDocument(await described(), version) }),
});

/** Everything that the management API does. */
export const OPERATIONS: readonly Operation[] = [
  ...serverOperations,
  describeApi,
  ...modelOperations,
  ...labelOperations,
  ...trafficOperations,
  ...historyOperations,
  ...statisticsOperations,
  ...uploadOperations,
];
