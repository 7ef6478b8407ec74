import type { ModelTarget } from "@plinth/core";
import {
  checkReady,
  modelConfig,
  modelMetadata,
  modelTarget,
  protocolError,
  type StatisticDuration,
  type StatisticsDocument,
  serverMetadata,
  type TensorMetadata,
  type VersionStatisticsDocument,
} from "@plinth/open-inference";
import { GRPCInferenceServiceDefinition, ModelStatistics } from "@plinth/protobuf-messages/inference/grpc_service";
import { type Method, unaryMethod } from "../calls/service.js";
import type { Surroundings } from "../surroundings.js";
import { configOf } from "./config-message.js";
import { askMainProcess, type MainProcessCall } from "./main-process.js";

const { methods } = GRPCInferenceServiceDefinition;

/** What is told of the server and its models. */
export function documentMethods(surroundings: Surroundings): readonly (readonly [string, Method])[] {
  const { server, options } = surroundings;
  const { serverName, serverVersion } = options;
  return [
    [methods.serverLive.name, unaryMethod(methods.serverLive, () => ({ live: true }))],
    [methods.serverReady.name, unaryMethod(methods.serverReady, () => ({ ready: server.readiness().ready }))],
    [
      methods.serverMetadata.name,
      unaryMethod(methods.serverMetadata, () => {
        const { name, version, extensions } = serverMetadata(serverName, serverVersion);
        return { name, version, extensions: [...extensions] };
      }),
    ],
    [
      methods.modelReady.name,
      unaryMethod(methods.modelReady, ({ name, version }) => ({ ready: isReady(surroundings, name, version) })),
    ],
    [
      methods.modelMetadata.name,
      unaryMethod(methods.modelMetadata, ({ name, version }) =>
        told(name, version, async (target) => {
          using handle = await server.acquire(target);
          const { inputs, outputs, versions, ...rest } = modelMetadata(handle, server);
          return { ...rest, versions: [...versions], inputs: inputs.map(tensorOf), outputs: outputs.map(tensorOf) };
        }),
      ),
    ],
    [
      methods.modelConfig.name,
      unaryMethod(methods.modelConfig, ({ name, version }) =>
        told(name, version, async (target) => {
          using handle = await server.acquire(target);
          return { config: configOf(modelConfig(handle)) };
        }),
      ),
    ],
    [
      methods.modelStatistics.name,
      unaryMethod(methods.modelStatistics, async ({ name, version }, caller) => {
        const document = await askMainProcess(surroundings, statisticsCall(name, version), caller);
        return { modelStats: (document as StatisticsDocument).model_stats.map(statisticsOf) };
      }),
    ],
  ];
}

/** As with Triton, what is not there is not ready, and no error. */
function isReady({ server }: Surroundings, name: string, version: string): boolean {
  const target = modelTarget(name, version);
  try {
    checkReady(server, target);
    return true;
  } catch {
    return false;
  }
}

async function told<Answer>(
  name: string,
  version: string,
  answer: (target: ModelTarget) => Promise<Answer>,
): Promise<Answer> {
  const target = modelTarget(name, version);
  try {
    return await answer(target);
  } catch (thrown) {
    throw protocolError(thrown, target);
  }
}

function tensorOf({ name, datatype, shape }: TensorMetadata) {
  return { name, datatype, shape: shape.map(BigInt) };
}

function statisticsCall(model: string, version: string): MainProcessCall {
  if (model === "") return { method: "GET", path: "/models/stats", params: {} };
  if (version === "") return { method: "GET", path: "/models/:model/stats", params: { model } };
  return { method: "GET", path: "/models/:model/versions/:version/stats", params: { model, version } };
}

function statisticsOf(document: VersionStatisticsDocument): ModelStatistics {
  const stats = document.inference_stats;
  return ModelStatistics.fromPartial({
    name: document.name,
    version: document.version,
    lastInference: BigInt(document.last_inference),
    inferenceCount: BigInt(document.inference_count),
    executionCount: BigInt(document.execution_count),
    inferenceStats: {
      success: durationOf(stats.success),
      fail: durationOf(stats.fail),
      queue: durationOf(stats.queue),
      computeInput: durationOf(stats.compute_input),
      computeInfer: durationOf(stats.compute_infer),
      computeOutput: durationOf(stats.compute_output),
      cacheHit: durationOf(stats.cache_hit),
      cacheMiss: durationOf(stats.cache_miss),
    },
    batchStats: document.batch_stats.map((each) => ({
      batchSize: BigInt(each.batch_size),
      computeInput: durationOf(each.compute_input),
      computeInfer: durationOf(each.compute_infer),
      computeOutput: durationOf(each.compute_output),
    })),
  });
}

function durationOf({ count, ns }: StatisticDuration) {
  return { count: BigInt(count), ns: BigInt(ns) };
}
