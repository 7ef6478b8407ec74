import { type ModelVersion, PlinthError } from "@plinth/core";
import { minuteSeries } from "../documents/minute-series.js";
import { knownDeployment, knownVersion } from "../documents/model-documents.js";
import {
  modelStatisticsDocument,
  seriesDocument,
  serverStatisticsDocument,
} from "../documents/statistics-documents.js";
import { defineOperation, type Management, type Operation } from "../operation.js";
import {
  modelStatistics,
  serverStatistics,
  statisticsSeries,
  versionStatisticsSeries,
} from "../statistics-resources.js";

export const statisticsOperations: readonly Operation[] = [
  defineOperation({
    id: "getStatistics",
    method: "GET",
    path: "/api/statistics",
    summary: "What the server has counted, of all models.",
    changes: false,
    answer: { status: 200, description: "Of each version: requests, errors, percentiles.", schema: serverStatistics },
    handle: async (_call, { statistics }) => ({ body: serverStatisticsDocument(statistics) }),
  }),
  defineOperation({
    id: "getStatisticsSeries",
    method: "GET",
    path: "/api/statistics/series",
    summary: "What each model has answered in each minute of the last hour.",
    changes: false,
    answer: { status: 200, description: "Requests, errors and latency by minute.", schema: statisticsSeries },
    handle: async (_call, { statistics }) => ({
      body: {
        models: statistics.models().map(({ model, versions }) => ({
          model,
          points: minuteSeries(versions.map(({ version }) => statistics.series(model, version))),
        })),
        _links: { self: { href: "/api/statistics/series" }, statistics: { href: "/api/statistics" } },
      },
    }),
  }),
  defineOperation({
    id: "getModelStatistics",
    method: "GET",
    path: "/api/models/:model/statistics",
    summary: "What the server has counted of one model.",
    changes: false,
    answer: { status: 200, description: "Of each version that was loaded.", schema: modelStatistics },
    handle: async ({ params: { model } }, management) => {
      knownDeployment(management, model);
      const found = management.statistics.model(model) ?? { model, versions: [], unrouted: new Map() };
      return { body: modelStatisticsDocument(found) };
    },
  }),
  defineOperation({
    id: "getVersionStatistics",
    method: "GET",
    path: "/api/models/:model/versions/:version/statistics",
    summary: "What the server has counted of one version, with the last hour in steps of ten seconds.",
    changes: false,
    answer: { status: 200, description: "Totals, windows and series.", schema: versionStatisticsSeries },
    handle: async ({ params: { model, version } }, management) => {
      const { statistics } = management;
      const found = statistics.version(model, version) ?? notLoaded(management, model, version);
      return { body: seriesDocument(found, statistics.series(model, version)) };
    },
  }),
];

function notLoaded(management: Management, model: string, version: ModelVersion): never {
  knownVersion(knownDeployment(management, model), management.server, version);
  throw new PlinthError(
    "VERSION_NOT_FOUND",
    `Version ${version} of model ${model} was not loaded since the server started, so that nothing was counted of it`,
  );
}
