import type { TrafficRules } from "@plinth/core";
import { trafficOf } from "../documents/document-json.js";
import { knownDeployment, trafficDocument } from "../documents/model-documents.js";
import { type Answer, defineOperation, type Management, type Operation, type OperationCall } from "../operation.js";
import { traffic, trafficRules } from "../resources.js";

const TRAFFIC = "/api/models/:model/traffic";

export const trafficOperations: readonly Operation[] = [
  defineOperation({
    id: "getTraffic",
    method: "GET",
    path: TRAFFIC,
    summary: "How requests are shared out that name neither version nor label.",
    changes: false,
    answer: {
      status: 200,
      description: "The rules, and what came of mirrored requests.",
      schema: traffic,
      hasRevision: true,
    },
    handle: async ({ params }, management) => trafficAnswer(params.model, management),
  }),
  defineOperation({
    id: "setTraffic",
    method: "PUT",
    path: TRAFFIC,
    summary: "Replace the rules.",
    body: trafficRules,
    changes: true,
    answer: { status: 200, description: "The rules as they are now.", schema: traffic, hasRevision: true },
    handle: (call, management) => setTraffic(call, trafficOf(call.body), management),
  }),
  defineOperation({
    id: "resetTraffic",
    method: "DELETE",
    path: TRAFFIC,
    summary: "Go back to the rules of the configuration.",
    changes: true,
    answer: { status: 200, description: "The rules as they are now.", schema: traffic, hasRevision: true },
    handle: (call, management) => setTraffic(call, undefined, management),
  }),
];

async function setTraffic(
  { params, origin }: OperationCall<unknown, unknown>,
  rules: TrafficRules | undefined,
  management: Management,
): Promise<Answer> {
  await management.deployments.change(params.model, { kind: "set-traffic", traffic: rules }, origin);
  return trafficAnswer(params.model, management);
}

function trafficAnswer(model: string, management: Management): Answer {
  const deployment = knownDeployment(management, model);
  return { body: trafficDocument(deployment, management.server), revision: deployment.revision };
}
