import { modelPath, revisionJson } from "../documents/document-json.js";
import { knownDeployment, labelDocument } from "../documents/model-documents.js";
import { defineOperation, type Operation } from "../operation.js";
import { label, labelChange, labelList, revision } from "../resources.js";

const LABELS = "/api/models/:model/labels";
const LABEL = `${LABELS}/:label`;

export const labelOperations: readonly Operation[] = [
  defineOperation({
    id: "listLabels",
    method: "GET",
    path: LABELS,
    summary: "The labels of a model.",
    changes: false,
    answer: { status: 200, description: "The labels.", schema: labelList, hasRevision: true },
    handle: async ({ params }, management) => {
      const deployment = knownDeployment(management, params.model);
      const items = [...deployment.labels.keys()].sort().map((each) => labelDocument(deployment, each));
      const self = { href: `${modelPath(params.model)}/labels` };
      return { body: { items, _links: { self } }, revision: deployment.revision };
    },
  }),
  defineOperation({
    id: "getLabel",
    method: "GET",
    path: LABEL,
    summary: "One label.",
    changes: false,
    answer: { status: 200, description: "The label.", schema: label, hasRevision: true },
    handle: async ({ params }, management) => {
      const deployment = knownDeployment(management, params.model);
      return { body: labelDocument(deployment, params.label), revision: deployment.revision };
    },
  }),
  defineOperation({
    id: "setLabel",
    method: "PUT",
    path: LABEL,
    summary: "Move a label to a version, or make it.",
    body: labelChange,
    changes: true,
    answer: { status: 200, description: "The label as it is now.", schema: label, hasRevision: true },
    handle: async ({ params, body, origin }, management) => {
      const { version, allowUnavailable } = body;
      const change = { kind: "set-label", label: params.label, version: BigInt(version), allowUnavailable } as const;
      await management.deployments.change(params.model, change, origin);
      const deployment = knownDeployment(management, params.model);
      return { body: labelDocument(deployment, params.label), revision: deployment.revision };
    },
  }),
  defineOperation({
    id: "removeLabel",
    method: "DELETE",
    path: LABEL,
    summary: "Remove a label.",
    changes: true,
    answer: { status: 200, description: "The revision that this made.", schema: revision, hasRevision: true },
    handle: async ({ params, origin }, { deployments }) => {
      const made = await deployments.change(params.model, { kind: "remove-label", label: params.label }, origin);
      return { body: revisionJson(made), revision: made.revision };
    },
  }),
];
