import { PlinthError, type Route } from "@plinth/core";

/** There are no regions of shared memory: they are listed, unregistered without effect, and not registered. */
export function sharedMemoryRoutes(): readonly Route[] {
  return ["system", "cuda"].flatMap((kind) => {
    const base = `/v2/${kind}sharedmemory`;
    const region = `${base}/region/:region`;
    return [
      ...[`${base}/status`, `${region}/status`].map((path) => route("GET", path, () => Response.json([]))),
      ...[`${base}/unregister`, `${region}/unregister`].map((path) => route("POST", path, () => Response.json({}))),
      route("POST", `${region}/register`, refuse),
    ];
  });
}

function route(method: "GET" | "POST", path: string, handle: Route["handle"]): Route {
  return { method, path, access: "public", handle };
}

function refuse(): never {
  throw new PlinthError("NOT_IMPLEMENTED", "Shared memory is not offered: send tensors with their requests");
}
