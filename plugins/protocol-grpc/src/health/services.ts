import { canAnswer, type ModelServer, PlinthError } from "@plinth/core";
import {
  HealthDefinition,
  HealthCheckResponse_ServingStatus as Status,
} from "@plinth/protobuf-messages/grpc/health/v1/health";
import { decodeMessage, type Method, type ServerStreamMethod, type Service, unaryMethod } from "../calls/service.js";
import type { Surroundings } from "../surroundings.js";
import { changesOf } from "./changes.js";

/** How TensorFlow Serving calls its services here. */
const SHORT_NAMES = ["ModelService", "PredictionService"];

/**
 * gRPC's health checks. Asked for
 *
 * - nothing in particular: whether every model is available, as `/readyz` says it;
 * - a service, by its full name or as TensorFlow Serving calls it: whether calls are answered, which they are until the server stops;
 * - a model, by its name: whether one of its versions answers.
 *
 * https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export function healthService(
  { server, draining }: Pick<Surroundings, "server" | "draining">,
  served: readonly Service[],
): Service {
  const { check, watch } = HealthDefinition.methods;
  const services = new Set([...SHORT_NAMES, ...served.map(({ name }) => name), HealthDefinition.fullName]);
  const statusOf = (service: string) => (draining.aborted ? Status.NOT_SERVING : healthOf(server, services, service));
  const watching: ServerStreamMethod = {
    kind: "server-stream",
    async *answer(request, { signal }) {
      const { service } = decodeMessage(watch.requestType, request);
      let told: Status | undefined;
      for await (const status of changesOf(server, () => statusOf(service), [signal, draining])) {
        if (status === told) continue;
        told = status;
        yield watch.responseType.encode({ status }).finish();
      }
    },
  };
  return {
    name: HealthDefinition.fullName,
    methods: new Map<string, Method>([
      [
        check.name,
        unaryMethod(check, ({ service }) => {
          const status = statusOf(service);
          if (status !== Status.SERVICE_UNKNOWN) return { status };
          throw new PlinthError(
            "MODEL_NOT_FOUND",
            `Expected "" for the whole, a model or a service of this server, got ${JSON.stringify(service.slice(0, 256))}`,
          );
        }),
      ],
      [watch.name, watching],
    ]),
  };
}

function healthOf(server: ModelServer, services: ReadonlySet<string>, service: string): Status {
  if (service === "") return serving(server.readiness().ready);
  if (services.has(service)) return Status.SERVING;
  const status = server.status(service);
  return status === undefined ? Status.SERVICE_UNKNOWN : serving(status.versions.some(canAnswer));
}

function serving(isServing: boolean): Status {
  return isServing ? Status.SERVING : Status.NOT_SERVING;
}
