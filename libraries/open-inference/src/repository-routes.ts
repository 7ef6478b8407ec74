import { PlinthError, type Route } from "@plinth/core";
import { loadModel, type Repository, unloadModel } from "./repository-control.js";

/** Where they are, for who calls them without HTTP. */
export const LOAD_PATH = "/v2/repository/models/:model/load";
export const UNLOAD_PATH = "/v2/repository/models/:model/unload";

/** Largest body, in bytes: it holds a few parameters. */
const MAX_BODY_BYTES = 1 << 20;

/*
 * Loading and unloading are routes, so that they run where deployments are decided, also where other processes answer requests.
 */

/** `POST` to {@link LOAD_PATH}: as {@link loadModel}. */
export function loadRoute(repository: Repository, access: Route["access"]): Route {
  return changeRoute(LOAD_PATH, access, async (name, parameters, signal) => {
    await loadModel(repository, name, parameters, signal);
    return { name, load: true };
  });
}

/** `POST` to {@link UNLOAD_PATH}: as {@link unloadModel}. */
export function unloadRoute(repository: Repository, access: Route["access"]): Route {
  return changeRoute(UNLOAD_PATH, access, async (name, _parameters, signal) => {
    await unloadModel(repository, name, signal);
    return { name, unload: true };
  });
}

function changeRoute(
  path: string,
  access: Route["access"],
  change: (name: string, parameters: readonly string[], signal: AbortSignal) => Promise<object>,
): Route {
  return {
    method: "POST",
    path,
    access,
    maxBodyBytes: MAX_BODY_BYTES,
    handle: async (request, { params }) => {
      const parameters = Object.keys(await readParameters(request));
      return Response.json(await change(params.get("model") ?? "", parameters, request.signal));
    },
  };
}

/** The `parameters` of a body that may be missing. @throws PlinthError `REQUEST_INVALID` */
async function readParameters(request: Request): Promise<object> {
  const body = await readJson(request);
  const { parameters = {} } = body as { readonly parameters?: unknown };
  if (typeof parameters === "object" && parameters !== null && !Array.isArray(parameters)) return parameters;
  throw new PlinthError("REQUEST_INVALID", "Expected 'parameters' to be an object");
}

/** A JSON object; an empty one for no body. @throws PlinthError `REQUEST_INVALID` */
export async function readJson(request: Request): Promise<object> {
  const text = await request.text();
  if (text.trim() === "") return {};
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return body;
  } catch (cause) {
    throw new PlinthError("REQUEST_INVALID", `failed to parse the request JSON buffer: ${String(cause)}`, { cause });
  }
  throw new PlinthError("REQUEST_INVALID", "Expected the body to be a JSON object, or nothing");
}
