import { PlinthError, type Route } from "@plinth/core";
import { MAIN_PROCESS_ROUTES, type MainProcess } from "@plinth/open-inference";
import type { Caller } from "../calls/caller.js";
import type { Surroundings } from "../surroundings.js";

/**
 * Where the main process answers for gRPC. The routes are there over HTTP as well, so that nobody but who manages the server gets there that
 * way; who may over gRPC, is for gRPC to say.
 */
export const MAIN_PROCESS_PREFIX = "/grpc/v2";

/** What is asked of the main process: the path without the prefix, with its parameters still named in it. */
export interface MainProcessCall {
  readonly method: Route["method"];
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** The routes, as the plugin contributes them. */
export const mainProcessRoutes: readonly ((main: MainProcess) => Route)[] = MAIN_PROCESS_ROUTES.map(
  (create) => (main) =>
    create(main, { prefix: MAIN_PROCESS_PREFIX, repositoryAccess: "management", statisticsAccess: "management" }),
);

/** The answer of the main process. @throws PlinthError as the route */
export async function askMainProcess(
  { routes }: Surroundings,
  { method, path, params, body }: MainProcessCall,
  { signal }: Caller,
): Promise<unknown> {
  const whole = MAIN_PROCESS_PREFIX + path;
  const route = routes.find((each) => each.method === method && each.path === whole);
  if (route === undefined) throw new PlinthError("INTERNAL", `Expected a route ${method} ${whole}, there is none`);
  const request = new Request(`http://localhost${whole}`, {
    method,
    signal,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = await route.handle(request, { params: new Map(Object.entries(params)) });
  return answer.json();
}
