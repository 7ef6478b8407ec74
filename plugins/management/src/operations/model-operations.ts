import type { PublishedVersion } from "@plinth/core";
import { z } from "zod";
import { modelPath, policyOf, revisionJson } from "../documents/document-json.js";
import {
  describedVersionDocument,
  knownDeployment,
  knownVersion,
  modelDocument,
  versionDocuments,
} from "../documents/model-documents.js";
import { type Answer, defineOperation, type Management, type Operation, type OperationCall } from "../operation.js";
import { model, modelChange, modelList, published, revision, versionFileList, versionList } from "../resources.js";
import { describedVersion } from "../signature-resources.js";
import { incomingVersion, UPLOAD_MEDIA_TYPES } from "../transfer/incoming-version.js";

const MODEL = "/api/models/:model";
const VERSION = `${MODEL}/versions/:version`;

const loadOperations = (["load", "unload"] as const).flatMap((kind): readonly Operation[] => [
  defineOperation({
    id: `${kind}Model`,
    method: "POST",
    path: `${MODEL}/${kind}`,
    summary: kind === "load" ? "Serve the model; a lazy one is loaded now." : "Take the model out of service.",
    changes: true,
    answer: { status: 200, description: "The revision that this made.", schema: revision, hasRevision: true },
    handle: async ({ params, origin }, { deployments }) =>
      revisionAnswer(await deployments.change(params.model, { kind }, origin)),
  }),
  defineOperation({
    id: `${kind}Version`,
    method: "POST",
    path: `${VERSION}/${kind}`,
    summary:
      kind === "load"
        ? "Serve this version besides the others; a lazy one is loaded now."
        : "Take this version out of service.",
    changes: true,
    answer: { status: 200, description: "The revision that this made.", schema: revision, hasRevision: true },
    handle: async ({ params, origin }, { deployments }) =>
      revisionAnswer(await deployments.change(params.model, { kind, version: params.version }, origin)),
  }),
]);

export const modelOperations: readonly Operation[] = [
  defineOperation({
    id: "listModels",
    method: "GET",
    path: "/api/models",
    summary: "All models: configured, in the storage, or changed before.",
    changes: false,
    answer: { status: 200, description: "The models by name.", schema: modelList },
    handle: async (_call, { deployments, server }) => ({
      body: {
        items: deployments.models().flatMap((name) => {
          const deployment = deployments.deployment(name);
          return deployment === undefined ? [] : [modelDocument(deployment, server)];
        }),
        _links: { self: { href: "/api/models" } },
      },
    }),
  }),
  defineOperation({
    id: "getModel",
    method: "GET",
    path: MODEL,
    summary: "One model.",
    changes: false,
    answer: { status: 200, description: "The model.", schema: model, hasRevision: true },
    handle: async ({ params }, management) => modelAnswer(params.model, management),
  }),
  defineOperation({
    id: "changeModel",
    method: "PATCH",
    path: MODEL,
    summary: "Change which versions are served.",
    body: modelChange,
    changes: true,
    answer: { status: 200, description: "The model as it is now.", schema: model, hasRevision: true },
    handle: async ({ params, body, origin }, management) => {
      const versions = body.versionPolicy === null ? undefined : policyOf(body.versionPolicy);
      await management.deployments.change(params.model, { kind: "set-versions", versions }, origin);
      return modelAnswer(params.model, management);
    },
  }),
  defineOperation({
    id: "removeModel",
    method: "DELETE",
    path: MODEL,
    summary: "Take a model out of the storage, with all its versions and what lies beside them; its history stays.",
    query: z.strictObject({
      force: z.enum(["true", "false"]).default("false").describe("Also where it is served: it is unloaded first."),
    }),
    changes: true,
    answer: { status: 200, description: "The revision that this made.", schema: revision, hasRevision: true },
    handle: async ({ params, query, origin }, { deployments }) =>
      revisionAnswer(await deployments.removeModel(params.model, origin, { force: query.force === "true" })),
  }),
  defineOperation({
    id: "listVersions",
    method: "GET",
    path: `${MODEL}/versions`,
    summary: "The versions of a model, in the storage or still served.",
    changes: false,
    answer: { status: 200, description: "The versions, newest first.", schema: versionList, hasRevision: true },
    handle: async ({ params }, management) => {
      const deployment = knownDeployment(management, params.model);
      const self = { href: `${modelPath(params.model)}/versions` };
      const items = versionDocuments(deployment, management.server);
      return { body: { items, _links: { self } }, revision: deployment.revision };
    },
  }),
  defineOperation({
    id: "getVersion",
    method: "GET",
    path: VERSION,
    summary: "One version, with the ways to call it.",
    changes: false,
    answer: {
      status: 200,
      description: "The version and its signatures.",
      schema: describedVersion,
      hasRevision: true,
    },
    handle: async ({ params }, management) => {
      const deployment = knownDeployment(management, params.model);
      return {
        body: describedVersionDocument(deployment, management.server, params.version),
        revision: deployment.revision,
      };
    },
  }),
  defineOperation({
    id: "publishNextVersion",
    method: "POST",
    path: `${MODEL}/versions`,
    summary: "Upload a version under the next number.",
    upload: UPLOAD_MEDIA_TYPES,
    changes: true,
    answer: { status: 201, description: "The version and its revision.", schema: published, hasRevision: true },
    handle: (call, management) => publish(call, undefined, management),
  }),
  defineOperation({
    id: "publishVersion",
    method: "PUT",
    path: VERSION,
    summary: "Upload a version under this number, which must be free.",
    upload: UPLOAD_MEDIA_TYPES,
    changes: true,
    answer: { status: 201, description: "The version and its revision.", schema: published, hasRevision: true },
    handle: (call, management) => publish(call, call.params.version, management),
  }),
  defineOperation({
    id: "removeVersion",
    method: "DELETE",
    path: VERSION,
    summary: "Take a version out of the storage.",
    changes: true,
    answer: { status: 200, description: "The revision that this made.", schema: revision, hasRevision: true },
    handle: async ({ params, origin }, { deployments }) =>
      revisionAnswer(await deployments.remove(params.model, params.version, origin)),
  }),
  defineOperation({
    id: "listFiles",
    method: "GET",
    path: `${VERSION}/files`,
    summary: "What a version is made of.",
    changes: false,
    answer: { status: 200, description: "Its files, by path.", schema: versionFileList },
    handle: async ({ params, origin }, { storage }) => {
      await using files = await storage.open(params.model, params.version, { signal: origin.signal });
      const path = `${modelPath(params.model)}/versions/${params.version}`;
      const _links = { self: { href: `${path}/files` }, version: { href: path }, content: { href: `${path}/content` } };
      return { body: { items: files.files, _links } };
    },
  }),
  defineOperation({
    id: "downloadVersion",
    method: "GET",
    path: `${VERSION}/content`,
    summary: "Download a version's files.",
    changes: false,
    answer: { status: 200, description: "The files as a tar.", mediaType: "application/x-tar" },
    handle: async ({ params, origin }, { storage }) => {
      const { model: name, version: number } = params;
      const { outgoingTar } = await import("../transfer/outgoing-tar.js");
      const files = await storage.open(name, number, { signal: origin.signal });
      const filename = encodeURIComponent(`${name}-${number}.tar`);
      return {
        body: outgoingTar(files),
        headers: { "content-disposition": `attachment; filename*=UTF-8''${filename}` },
      };
    },
  }),
  ...loadOperations,
];

async function publish(
  { params, request, origin }: OperationCall<undefined, undefined>,
  number: bigint | undefined,
  management: Management,
): Promise<Answer> {
  const { deployments, options } = management;
  const files = incomingVersion(request, options.maxUploadBytes);
  return publishedAnswer(params.model, await deployments.publish(params.model, number, files, origin), management);
}

/** A version that was added, and where it is. */
export function publishedAnswer(
  name: string,
  { stored, revision: made }: PublishedVersion,
  management: Management,
): Answer {
  const document = knownVersion(knownDeployment(management, name), management.server, stored.version);
  return {
    body: { version: document, revision: revisionJson(made), _links: document._links },
    revision: made.revision,
    headers: { location: document._links.self?.href ?? "" },
  };
}

function modelAnswer(name: string, management: Management): Answer {
  const deployment = knownDeployment(management, name);
  return { body: modelDocument(deployment, management.server), revision: deployment.revision };
}

function revisionAnswer(made: Parameters<typeof revisionJson>[0]): Answer {
  return { body: revisionJson(made), revision: made.revision };
}
