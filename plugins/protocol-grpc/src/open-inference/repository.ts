import { PlinthError } from "@plinth/core";
import { repositoryIndex } from "@plinth/open-inference";
import {
  GRPCInferenceServiceDefinition,
  type RepositoryModelLoadRequest,
} from "@plinth/protobuf-messages/inference/grpc_service";
import type { Caller } from "../calls/caller.js";
import { type Method, unaryMethod } from "../calls/service.js";
import type { Surroundings } from "../surroundings.js";
import { askMainProcess } from "./main-process.js";

const { methods } = GRPCInferenceServiceDefinition;

/** `RepositoryIndex`, `RepositoryModelLoad` and `RepositoryModelUnload`. */
export function repositoryMethods(surroundings: Surroundings): readonly (readonly [string, Method])[] {
  const { server } = surroundings;
  const index = unaryMethod(methods.repositoryIndex, ({ repositoryName, ready }) => {
    checkRepository(repositoryName);
    const entries = repositoryIndex(server, ready);
    return {
      models: entries.map(({ name, version = "", state = "", reason = "" }) => ({ name, version, state, reason })),
    };
  });
  const load = unaryMethod(methods.repositoryModelLoad, (request, caller) =>
    change("load", request, caller, surroundings),
  );
  const unload = unaryMethod(methods.repositoryModelUnload, (request, caller) =>
    change("unload", request, caller, surroundings),
  );
  return [
    [methods.repositoryIndex.name, index],
    [methods.repositoryModelLoad.name, load],
    [methods.repositoryModelUnload.name, unload],
  ];
}

async function change(
  verb: "load" | "unload",
  request: RepositoryModelLoadRequest,
  caller: Caller,
  surroundings: Surroundings,
): Promise<Record<never, never>> {
  checkManager(caller, surroundings);
  const model = modelOf(request);
  const names = Object.fromEntries([...request.parameters.keys()].map((name) => [name, true]));
  const path = `/repository/models/:model/${verb}`;
  await askMainProcess(surroundings, { method: "POST", path, params: { model }, body: { parameters: names } }, caller);
  return {};
}

/** KServe's own definition of the request has the model's name in the field where Triton's has the repository's. */
function modelOf({
  repositoryName,
  modelName,
}: Pick<RepositoryModelLoadRequest, "repositoryName" | "modelName">): string {
  if (modelName === "") return repositoryName;
  checkRepository(repositoryName);
  return modelName;
}

/** @throws PlinthError `PERMISSION_DENIED`, or where there are tokens `TOKEN_MISSING`, `TOKEN_UNKNOWN` */
export function checkManager(caller: Caller, { options, managementTokens }: Surroundings): void {
  if (options.repositoryAccess !== "public") caller.checkManages(managementTokens);
}

function checkRepository(name: string): void {
  if (name === "") return;
  throw new PlinthError(
    "NOT_IMPLEMENTED",
    "Naming a repository is not supported, there is one: leave repository_name out",
  );
}
