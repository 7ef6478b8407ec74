import { answerOf, bodyOf, CALL_HEADERS, type Json, pathParameter, reference, responses } from "../http/openapi.js";

/** What may stand before `/infer` and the like. */
const TARGETS: readonly { readonly path: string; readonly id: string; readonly parameters: readonly Json[] }[] = [
  { path: "/v2/models/{model}", id: "", parameters: [pathParameter("model", "A model's name.")] },
  {
    path: "/v2/models/{model}/versions/{version}",
    id: "OfVersion",
    parameters: [
      pathParameter("model", "A model's name."),
      pathParameter("version", "A version's number in decimal, or a label."),
    ],
  },
];

const NOT_OFFERED = answerOf("It is not offered.", "Error");

/** The Open Inference Protocol's paths and Triton's, for the OpenAPI document. */
export function openInferencePaths(): Readonly<Record<string, Json>> {
  const paths: Record<string, Json> = {
    "/v2": { get: read("getServer", "What the server is.", "ServerMetadata") },
    "/v2/health/live": { get: read("isLive", "Whether the server answers.", "Live") },
    "/v2/health/ready": {
      get: {
        operationId: "isReady",
        summary: "Whether every model has an available version.",
        responses: { 200: answerOf("It has.", "Ready"), 503: answerOf("Some have not.", "Ready") },
      },
    },
    "/v2/models": { get: read("getModelNames", "The names of all models.", "ModelNames") },
    "/v2/models/stats": { get: read("getStatistics", "How all models do.", "Statistics") },
  };
  for (const { path, id, parameters } of TARGETS) {
    paths[path] = { parameters, get: read(`getModel${id}`, "What a model takes and gives.", "OpenModelMetadata") };
    paths[`${path}/ready`] = { parameters, get: read(`isModelReady${id}`, "Whether it would answer.", "ModelReady") };
    paths[`${path}/config`] = { parameters, get: read(`getConfig${id}`, "How it is configured.", "ModelConfig") };
    paths[`${path}/stats`] = { parameters, get: read(`getModelStatistics${id}`, "How it does.", "Statistics") };
    paths[`${path}/infer`] = { parameters, post: inferOperation(id) };
    paths[`${path}/generate`] = {
      parameters,
      post: inference(`generate${id}`, "Values in, values out.", "GenerateRequest", {
        "application/json": { schema: reference("GenerateAnswer") },
      }),
    };
    paths[`${path}/generate_stream`] = {
      parameters,
      post: inference(
        `generateStream${id}`,
        "The same, a server-sent event for each answer; one that fails in the middle ends with an event that has an `error`.",
        "GenerateRequest",
        {
          "text/event-stream": {},
        },
      ),
    };
  }
  return { ...paths, ...repositoryPaths(), ...settingPaths(), ...memoryPaths() };
}

function inferOperation(id: string): Json {
  const { requestBody, ...rest } = inference(`infer${id}`, "Tensors in, tensors out.", "InferRequest", {
    "application/json": { schema: reference("InferAnswer") },
    "application/octet-stream": {},
  }) as { readonly requestBody: { readonly content: Json } };
  const content = { ...requestBody.content, "application/octet-stream": {} };
  return {
    ...rest,
    description:
      "Raw tensors follow the JSON where `Inference-Header-Content-Length` says how long that is, in requests and in answers.",
    requestBody: { ...requestBody, content },
  };
}

function inference(operationId: string, summary: string, request: string, content: Json): Json {
  const answers = { 200: { description: "The answer.", content }, default: answerOf("What went wrong.", "Error") };
  return { operationId, summary, parameters: CALL_HEADERS, requestBody: bodyOf(request), responses: answers };
}

function repositoryPaths(): Readonly<Record<string, Json>> {
  const change = (operationId: string, summary: string) =>
    post(operationId, summary, "RepositoryRequest", "RepositoryAnswer");
  const model = [pathParameter("model", "A model's name.")];
  const repository = pathParameter("repository", "There is but one: naming it is refused.");
  return {
    "/v2/repository/index": { post: post("getIndex", "What there is to serve.", "IndexRequest", "RepositoryIndex") },
    "/v2/repository/models/{model}/load": {
      parameters: model,
      post: change("loadModel", "Has a model served, and waits until it answers."),
    },
    "/v2/repository/models/{model}/unload": {
      parameters: model,
      post: change("unloadModel", "Takes a model out of service."),
    },
    "/v2/repository/{repository}/index": { parameters: [repository], post: refused("getIndexOfRepository") },
    "/v2/repository/{repository}/models/{model}/load": {
      parameters: [repository, ...model],
      post: refused("loadModelOfRepository"),
    },
    "/v2/repository/{repository}/models/{model}/unload": {
      parameters: [repository, ...model],
      post: refused("unloadModelOfRepository"),
    },
  };
}

function settingPaths(): Readonly<Record<string, Json>> {
  const settings = (what: string, summary: string): Json => ({
    get: read(`get${what}`, summary, "Settings"),
    post: {
      ...post(`set${what}`, `${summary} Changes are refused.`, "Settings", "Settings"),
      responses: { 501: NOT_OFFERED, ...responses("Settings") },
    },
  });
  return {
    "/v2/trace/setting": settings("TraceSettings", "Settings of traces."),
    "/v2/models/{model}/trace/setting": {
      parameters: [pathParameter("model", "A model's name.")],
      ...settings("TraceSettingsOfModel", "Settings of a model's traces."),
    },
    "/v2/logging": settings("LogSettings", "Settings of the log."),
  };
}

function memoryPaths(): Readonly<Record<string, Json>> {
  const paths: Record<string, Json> = {};
  for (const kind of ["system", "cuda"]) {
    const base = `/v2/${kind}sharedmemory`;
    const parameters = [pathParameter("region", "A region's name.")];
    paths[`${base}/status`] = { get: read(`${kind}MemoryStatus`, "Regions of shared memory.", "MemoryRegions") };
    paths[`${base}/unregister`] = { post: post(`${kind}MemoryUnregister`, "Does nothing.", "Nothing", "Nothing") };
    paths[`${base}/region/{region}/status`] = {
      parameters,
      get: read(`${kind}MemoryStatusOfRegion`, "A region of shared memory.", "MemoryRegions"),
    };
    paths[`${base}/region/{region}/unregister`] = {
      parameters,
      post: post(`${kind}MemoryUnregisterRegion`, "Does nothing.", "Nothing", "Nothing"),
    };
    paths[`${base}/region/{region}/register`] = { parameters, post: refused(`${kind}MemoryRegister`) };
  }
  return paths;
}

function read(operationId: string, summary: string, answer: string): Json {
  return { operationId, summary, responses: responses(answer) };
}

/** What clients of Triton know, and is not offered. */
function refused(operationId: string): Json {
  return {
    operationId,
    summary: "Refused.",
    requestBody: { content: { "application/json": { schema: reference("Nothing") } } },
    responses: { 501: NOT_OFFERED, default: answerOf("What went wrong.", "Error") },
  };
}

/** A body may be left out. */
function post(operationId: string, summary: string, request: string, answer: string): Json {
  return { operationId, summary, requestBody: { ...bodyOf(request), required: false }, responses: responses(answer) };
}
