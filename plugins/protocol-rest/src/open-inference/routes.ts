import { type ModelServer, type ModelTarget, PlinthError, type Route } from "@plinth/core";
import {
  checkReady,
  modelConfig,
  modelMetadata,
  modelTarget,
  protocolError,
  readObject,
  repositoryIndex,
  serverMetadata,
} from "@plinth/open-inference";
import { settingRoutes } from "./setting-routes.js";
import { sharedMemoryRoutes } from "./shared-memory-routes.js";

/** What the routes answer with, beside what the server knows. */
export interface OpenInferenceOptions {
  /** What the server calls itself. */
  readonly serverName: string;
  readonly serverVersion: string;
  /** Who may load and unload models and change settings. */
  readonly repositoryAccess: Route["access"];
}

/** All of `/v2` but inference, which is recognised ahead of Koa, and what the plugin contributes for the main process. */
export function openInferenceRoutes(server: ModelServer, options: OpenInferenceOptions): readonly Route[] {
  const { serverName, serverVersion, repositoryAccess } = options;
  return [
    get("/v2", () => Response.json(serverMetadata(serverName, serverVersion))),
    get("/v2/health/live", () => Response.json({ live: true })),
    get("/v2/health/ready", () => {
      const { ready, reasons } = server.readiness();
      return ready ? Response.json({ ready }) : Response.json({ ready, error: reasons.join("; ") }, { status: 503 });
    }),
    get("/v2/models", () => Response.json({ models: server.models().map(({ model }) => model) })),
    ...ofModel("", async (target) => {
      using handle = await server.acquire(target);
      return modelMetadata(handle, server);
    }),
    ...ofModel("/config", async (target) => {
      using handle = await server.acquire(target);
      return modelConfig(handle);
    }),
    ...ofModel("/ready", (target) => {
      checkReady(server, target);
      return { name: target.model, ready: true };
    }),
    ...INFERENCE_VERBS.flatMap(inferenceRoutes),
    {
      method: "POST",
      path: "/v2/repository/index",
      access: "public",
      handle: async (request) => {
        const { ready } = (await readObject(request)) as { readonly ready?: unknown };
        return Response.json(repositoryIndex(server, ready === true));
      },
    },
    ...NAMED_REPOSITORY.map((path): Route => ({ method: "POST", path, access: "public", handle: refuseRepository })),
    ...settingRoutes(repositoryAccess),
    ...sharedMemoryRoutes(),
  ];
}

const INFERENCE_VERBS = ["infer", "generate", "generate_stream"];

const NAMED_REPOSITORY = [
  "/v2/repository/:repository/index",
  "/v2/repository/:repository/models/:model/load",
  "/v2/repository/:repository/models/:model/unload",
];

function get(path: string, handle: Route["handle"]): Route {
  return { method: "GET", path, access: "public", handle };
}

/** The routes of one thing about a model, with and without a version. */
function ofModel(suffix: string, answer: (target: ModelTarget) => object | Promise<object>): readonly Route[] {
  return [`/v2/models/:model${suffix}`, `/v2/models/:model/versions/:version${suffix}`].map((path) =>
    get(path, async (_request, { params }) => {
      const target = modelTarget(params.get("model") ?? "", params.get("version"));
      try {
        return Response.json(await answer(target));
      } catch (thrown) {
        throw protocolError(thrown, target);
      }
    }),
  );
}

/** What remains of inference for Koa: another method, and paths that the fast way could not read, which here tells why. */
function inferenceRoutes(verb: string): readonly Route[] {
  return [`/v2/models/:model/${verb}`, `/v2/models/:model/versions/:version/${verb}`].map((path) => ({
    method: "POST",
    path,
    access: "public",
    handle: (_request, { params }) => {
      modelTarget(params.get("model") ?? "", params.get("version"));
      throw new PlinthError("REQUEST_INVALID", "The path is not valid percent-encoded UTF-8");
    },
  }));
}

function refuseRepository(): never {
  throw new PlinthError(
    "NOT_IMPLEMENTED",
    "Naming a repository is not supported, there is one: use /v2/repository/index and /v2/repository/models/<name>/load",
  );
}
