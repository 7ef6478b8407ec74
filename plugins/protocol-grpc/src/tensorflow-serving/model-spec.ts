import { type ModelTarget, type ModelVersion, PlinthError } from "@plinth/core";
import { LENGTH_DELIMITED, tag, VARINT } from "../wire/wire-format.js";
import type { WireReader } from "../wire/wire-reader.js";

const NAME = tag(1, LENGTH_DELIMITED);
const VERSION = tag(2, LENGTH_DELIMITED);
const SIGNATURE_NAME = tag(3, LENGTH_DELIMITED);
const VERSION_LABEL = tag(4, LENGTH_DELIMITED);
const INT64_VALUE = tag(1, VARINT);

/** A `ModelSpec`: which version of which model, and which of its signatures; `undefined` is the default one. */
export interface ModelSpec extends Pick<ModelTarget, "model" | "version" | "label"> {
  readonly signature?: string | undefined;
}

const EMPTY: ModelSpec = { model: "" };

/** `before`: what an earlier part of the same message said, which this one adds to. */
export function readModelSpec(reader: WireReader, before: ModelSpec = EMPTY): ModelSpec {
  let { model, version, label, signature } = before;
  while (reader.next()) {
    if (reader.tag === NAME) model = reader.string();
    else if (reader.tag === SIGNATURE_NAME) signature = reader.string() || undefined;
    else if (reader.tag === VERSION) {
      version = readInt64Value(reader.message());
      label = undefined;
    } else if (reader.tag === VERSION_LABEL) {
      label = reader.string();
      version = undefined;
    } else reader.skip();
  }
  return { model, version, label, signature };
}

/** @throws PlinthError `REQUEST_INVALID` where no model is named */
export function checkModelSpec(spec: ModelSpec | undefined): ModelSpec {
  if (spec === undefined)
    throw new PlinthError("REQUEST_INVALID", "Missing ModelSpec: expected model_spec { name: ... }");
  if (spec.model !== "") return spec;
  throw new PlinthError("REQUEST_INVALID", "ModelSpec has no name specified: expected model_spec { name: ... }");
}

function readInt64Value(reader: WireReader): ModelVersion {
  let value = 0n;
  while (reader.next()) {
    if (reader.tag === INT64_VALUE) value = reader.int64();
    else reader.skip();
  }
  return value;
}
