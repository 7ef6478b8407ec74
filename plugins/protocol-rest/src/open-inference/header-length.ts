import type { IncomingHttpHeaders } from "node:http";
import { PlinthError } from "@plinth/core";

/** Says how many bytes of a body are its JSON; raw tensors follow. Absent: all of them. 0: the body is one raw tensor. */
export const HEADER_LENGTH = "inference-header-content-length";

/** @throws PlinthError `REQUEST_INVALID` for what is no number of bytes */
export function headerLength(headers: IncomingHttpHeaders): number | undefined {
  const value = headers[HEADER_LENGTH];
  if (value === undefined) return undefined;
  const length = /^[0-9]{1,10}$/.test(String(value)) ? Number(value) : Number.NaN;
  if (length <= MAX_LENGTH) return length;
  throw wrongLength(`"${String(value).slice(0, 64)}"`);
}

/** Why the value does not fit the body. */
export function wrongLength(got: string): PlinthError {
  return new PlinthError(
    "REQUEST_INVALID",
    `Expected the header Inference-Header-Content-Length to be the bytes of JSON in front of the body's raw tensors, got ${got}`,
  );
}

const MAX_LENGTH = 2 ** 31 - 1;
