import { type ModelTarget, PlinthError } from "@plinth/core";

/** What was thrown while a request to `target` was answered, with the text that clients of this protocol look for. */
export function protocolError(thrown: unknown, target: ModelTarget): PlinthError {
  const error = PlinthError.from(thrown);
  const text = textOf(error, target);
  if (text === undefined) return error;
  const { code, reason, details } = error;
  return new PlinthError({ code, reason }, text, { details, cause: error });
}

/** `undefined` where Plinth's own text does. */
function textOf({ reason, message }: PlinthError, { model, version, label }: ModelTarget): string | undefined {
  const unknown = `Request for unknown model: '${model.slice(0, 256)}'`;
  switch (reason) {
    case "MODEL_NOT_FOUND":
      return `${unknown} is not found`;
    case "VERSION_NOT_FOUND":
      return `${unknown} version ${version ?? ""} is not found`;
    case "LABEL_NOT_FOUND":
      return `${unknown} has neither a version nor a label ${JSON.stringify(label?.slice(0, 256))}`;
    case "VERSION_NOT_AVAILABLE":
      return `${unknown} is not at ready state: ${message}`;
    case "STREAM_ONLY":
      return message.startsWith("generate ") ? undefined : decoupled(model);
    default:
      return undefined;
  }
}

function decoupled(model: string): string {
  const name = model.slice(0, 256);
  return (
    `infer doesn't support models with decoupled transaction policy: '${name}' answers with a stream. Use POST ` +
    `/v2/models/${name}/generate_stream, or ModelStreamInfer over gRPC`
  );
}
