import type { HistoryQuery } from "@plinth/core";
import { z } from "zod";
import { modelPath, revisionJson } from "../documents/document-json.js";
import { knownDeployment } from "../documents/model-documents.js";
import { type Answer, defineOperation, type Management, type Operation } from "../operation.js";
import { revision, revisionList, rollbackRequest } from "../resources.js";

const page = z.strictObject({
  before: z.coerce.number().int().min(1).optional().describe("Only revisions older than this one."),
  limit: z.coerce.number().int().min(1).max(1_000).default(50).describe("At most this many."),
});

const pageOfModel = page.extend({ model: z.string().optional().describe("Only this model's.") });

export const historyOperations: readonly Operation[] = [
  defineOperation({
    id: "listHistory",
    method: "GET",
    path: "/api/history",
    summary: "What was changed at run time, of all models.",
    query: pageOfModel,
    changes: false,
    answer: { status: 200, description: "Revisions, newest first.", schema: revisionList },
    handle: async ({ query }, management) => historyAnswer("/api/history", query, management),
  }),
  defineOperation({
    id: "listModelHistory",
    method: "GET",
    path: "/api/models/:model/history",
    summary: "What was changed at run time, of one model.",
    query: page,
    changes: false,
    answer: { status: 200, description: "Revisions, newest first.", schema: revisionList, hasRevision: true },
    handle: async ({ params: { model }, query }, management) => {
      const { revision: newest } = knownDeployment(management, model);
      const answer = historyAnswer(`${modelPath(model)}/history`, { model, ...query }, management);
      return { ...answer, revision: newest };
    },
  }),
  defineOperation({
    id: "getRevision",
    method: "GET",
    path: "/api/history/:revision",
    summary: "One revision.",
    changes: false,
    answer: { status: 200, description: "The revision.", schema: revision },
    handle: async ({ params }, { deployments }) => ({ body: revisionJson(deployments.revision(params.revision)) }),
  }),
  defineOperation({
    id: "rollback",
    method: "POST",
    path: "/api/models/:model/rollback",
    summary: "Put a model back to what it was after a revision, as a new revision.",
    body: rollbackRequest,
    changes: true,
    answer: { status: 200, description: "The revision that this made.", schema: revision, hasRevision: true },
    handle: async ({ params, body, origin }, { deployments }) => {
      const made = await deployments.rollback(params.model, body.to, origin);
      return { body: revisionJson(made), revision: made.revision };
    },
  }),
];

/** A page of the history; `next` leads to older ones while there may be some. */
function historyAnswer(path: string, { model, before, limit = 50 }: HistoryQuery, { deployments }: Management): Answer {
  const items = deployments.history({ model, before, limit });
  const oldest = items.at(-1)?.revision;
  const filter = path === "/api/history" && model !== undefined ? `&model=${encodeURIComponent(model)}` : "";
  const next =
    oldest === undefined || items.length < limit
      ? {}
      : { next: { href: `${path}?before=${oldest}&limit=${limit}${filter}` } };
  return { body: { items: items.map(revisionJson), _links: { self: { href: path }, ...next } } };
}
