import { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { PlinthError } from "@plinth/core";
import { type Answer, defineOperation, type Operation } from "../operation.js";
import { published, type Upload, upload, uploadList, uploadRequest } from "../resources.js";
import type { OpenUpload } from "../uploads/upload-store.js";
import { publishedAnswer } from "./model-operations.js";

const UPLOADS = "/api/uploads";
const UPLOAD = `${UPLOADS}/:upload`;

/** Of `Upload-Offset`. */
const OFFSET = /^[0-9]{1,15}$/;

export const uploadOperations: readonly Operation[] = [
  defineOperation({
    id: "listUploads",
    method: "GET",
    path: UPLOADS,
    summary: "The uploads in parts that are under way.",
    changes: false,
    answer: { status: 200, description: "The uploads, the first to expire first.", schema: uploadList },
    handle: async (_call, { uploads }) => ({
      body: { items: (await uploads.list()).map(uploadDocument), _links: { self: { href: UPLOADS } } },
    }),
  }),
  defineOperation({
    id: "beginUpload",
    method: "POST",
    path: UPLOADS,
    summary: "Announce the files of a new version, to send them in parts that can be sent again.",
    body: uploadRequest,
    changes: false,
    answer: { status: 201, description: "The upload.", schema: upload },
    handle: async ({ body }, { uploads }) => {
      const begun = await uploads.create(body);
      return { ...uploadAnswer(begun), headers: { location: `${UPLOADS}/${begun.id}` } };
    },
  }),
  defineOperation({
    id: "getUpload",
    method: "GET",
    path: UPLOAD,
    summary: "What has come of an upload.",
    changes: false,
    answer: { status: 200, description: "The upload.", schema: upload },
    handle: async ({ params }, { uploads }) => uploadAnswer(await uploads.get(params.upload)),
  }),
  defineOperation({
    id: "sendPart",
    method: "PATCH",
    path: `${UPLOAD}/files/:index`,
    summary: "Append to one of the files, from Upload-Offset on.",
    headers: [{ name: "Upload-Offset", description: "Where the file ends so far, in bytes.", pattern: OFFSET.source }],
    upload: ["application/octet-stream"],
    changes: false,
    answer: { status: 200, description: "The upload as it is now.", schema: upload },
    handle: async ({ params, request }, { uploads }) => {
      const bytes = Readable.fromWeb((request.body ?? new ReadableStream()) as NodeReadableStream<Uint8Array>);
      return uploadAnswer(await uploads.append(params.upload, params.index, offsetOf(request), bytes));
    },
  }),
  defineOperation({
    id: "completeUpload",
    method: "POST",
    path: `${UPLOAD}/complete`,
    summary: "Check what was sent and publish it.",
    changes: true,
    answer: { status: 201, description: "The version and its revision.", schema: published, hasRevision: true },
    handle: async ({ params, origin }, management) => {
      const { uploads, deployments } = management;
      const { model, version } = await uploads.get(params.upload);
      const made = await deployments.publish(model, version, await uploads.files(params.upload), origin);
      await uploads.remove(params.upload);
      return publishedAnswer(model, made, management);
    },
  }),
  defineOperation({
    id: "dropUpload",
    method: "DELETE",
    path: UPLOAD,
    summary: "Drop an upload and what has come of it.",
    changes: false,
    answer: { status: 200, description: "The upload as it was.", schema: upload },
    handle: async ({ params }, { uploads }) => {
      const dropped = await uploads.get(params.upload);
      await uploads.remove(params.upload);
      return uploadAnswer(dropped);
    },
  }),
];

function offsetOf({ headers }: Request): number {
  const offset = headers.get("upload-offset") ?? "";
  if (OFFSET.test(offset)) return Number(offset);
  throw new PlinthError(
    "REQUEST_INVALID",
    "Expected the header Upload-Offset with where the file ends so far, in bytes",
  );
}

function uploadAnswer(upload: OpenUpload): Answer {
  return { body: uploadDocument(upload) };
}

function uploadDocument({ id, model, version, files, expiresAtMs }: OpenUpload): Upload {
  const self = `${UPLOADS}/${id}`;
  return {
    id,
    model,
    ...(version !== undefined && { version: String(version) }),
    expiresAt: new Date(expiresAtMs).toISOString(),
    files: [...files],
    _links: { self: { href: self }, complete: { href: `${self}/complete` } },
  };
}
