import { posix } from "node:path";
import type { VersionFiles } from "@plinth/core";
import type { OnnxFile } from "./onnx-file/read-onnx-file.js";
import type { SessionOptions } from "./runtime/runtime-session.js";

/** A copy of shared memory, which ONNX Runtime does not take; other memory as it is. */
export function unshared(content: Uint8Array): Uint8Array {
  return content.buffer instanceof SharedArrayBuffer ? content.slice() : content;
}

/** External data of a model in memory, each file once under each name that the model has for it. It was checked that all are there. */
export function externalContents(
  modelPath: string,
  file: OnnxFile | undefined,
  contents: NonNullable<VersionFiles["contents"]>,
): NonNullable<SessionOptions["externalData"]> {
  const locations = new Set(file?.externalData.map(({ location }) => location));
  return [...locations].flatMap((location) => {
    const data = contents.get(posix.join(posix.dirname(modelPath), location));
    return data === undefined ? [] : [{ path: location, data: unshared(data) }];
  });
}
