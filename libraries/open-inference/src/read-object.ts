import { PlinthError } from "@plinth/core";

/**
 * The JSON object that is the body of a request, whose `parameters` are one as well; an empty one for no body.
 *
 * @throws PlinthError `REQUEST_INVALID`
 */
export async function readObject(request: Request): Promise<object> {
  const text = await request.text();
  const body = text.trim() === "" ? {} : parsed(text);
  if (!isObject(body)) throw invalid("Expected the body to be a JSON object, or nothing");
  const { parameters } = body as { readonly parameters?: unknown };
  if (parameters !== undefined && !isObject(parameters)) throw invalid("Expected 'parameters' to be an object");
  return body;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(`failed to parse the request JSON buffer: ${String(cause)}`, cause);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(message: string, cause?: unknown): PlinthError {
  return new PlinthError("REQUEST_INVALID", message, { cause });
}
