import type { Deployments, ModelServer, Route, RouteContext, ServerStatistics } from "@plinth/core";
import { protocolError } from "./errors.js";
import { readObject } from "./read-object.js";
import { loadModel, unloadModel } from "./repository-control.js";
import { statisticsDocument } from "./statistics.js";
import { modelTarget } from "./target.js";

/** What only the process has that decides which models run. */
export interface MainProcess {
  readonly deployments: Deployments;
  readonly statistics: ServerStatistics;
  readonly server: ModelServer;
}

/** How a protocol offers the routes. */
export interface MainProcessOptions {
  /** What stands before `/models` and `/repository`, as `/v2`. */
  readonly prefix: string;
  /** Who may load and unload. */
  readonly repositoryAccess: Route["access"];
  /** Who may see the statistics. */
  readonly statisticsAccess: Route["access"];
}

type CreateRoute = (main: MainProcess, options: MainProcessOptions) => Route;

/**
 * What the protocol asks of the process that decides which models run, as routes, since those run there also where other processes answer
 * requests: loading, unloading and statistics.
 */
export const MAIN_PROCESS_ROUTES: readonly CreateRoute[] = [
  changeRoute("load", ({ deployments, server }, name, parameters, signal) =>
    loadModel({ deployments, server }, name, parameters, signal),
  ),
  changeRoute("unload", ({ deployments, server }, name, _parameters, signal) =>
    unloadModel({ deployments, server }, name, signal),
  ),
  statisticsRoute("/models/stats"),
  statisticsRoute("/models/:model/stats"),
  statisticsRoute("/models/:model/versions/:version/stats"),
];

/** Largest body, in bytes: it holds a few parameters. */
const MAX_BODY_BYTES = 1 << 20;

function changeRoute(
  verb: "load" | "unload",
  change: (main: MainProcess, name: string, parameters: readonly string[], signal: AbortSignal) => Promise<void>,
): CreateRoute {
  return (main, { prefix, repositoryAccess }) => ({
    method: "POST",
    path: `${prefix}/repository/models/:model/${verb}`,
    access: repositoryAccess,
    maxBodyBytes: MAX_BODY_BYTES,
    handle: async (request, { params }) => {
      const name = params.get("model") ?? "";
      const { parameters = {} } = (await readObject(request)) as { readonly parameters?: object };
      await change(main, name, Object.keys(parameters), request.signal);
      // KServe's own server answers so; Triton's clients do not look at it.
      return Response.json({ name, [verb]: true });
    },
  });
}

function statisticsRoute(path: string): CreateRoute {
  return (main, { prefix, statisticsAccess }) => ({
    method: "GET",
    path: `${prefix}${path}`,
    access: statisticsAccess,
    handle: (_request, context) => Response.json(statisticsOf(main, context)),
  });
}

function statisticsOf(main: MainProcess, { params }: RouteContext): object {
  const model = params.get("model");
  if (model === undefined) return statisticsDocument(main);
  const target = modelTarget(model, params.get("version"));
  try {
    return statisticsDocument(main, target);
  } catch (thrown) {
    throw protocolError(thrown, target);
  }
}
