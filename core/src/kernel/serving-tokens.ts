import { createToken, type Token } from "../extension-points/token.js";
import type { LocalDeployments } from "../serving/deployment/local-deployments.js";
import type { ModelPlans } from "../serving/deployment/model-plans.js";
import type { ModelCatalog } from "../serving/lifecycle/model-catalog.js";
import type { LocalModelServer } from "../serving/local-model-server.js";
import type { ServerEvents } from "../serving/server-events.js";
import type { LiveStatistics } from "../serving/statistics/live-statistics.js";

/** The serving parts, which only the kernel asks for. */
export const Catalog: Token<ModelCatalog> = createToken<ModelCatalog>("core.ModelCatalog");
export const LocalServer: Token<LocalModelServer> = createToken<LocalModelServer>("core.LocalModelServer");
export const RunningDeployments: Token<LocalDeployments> = createToken<LocalDeployments>("core.LocalDeployments");
export const Plans: Token<ModelPlans> = createToken<ModelPlans>("core.ModelPlans");
export const LiveFigures: Token<LiveStatistics> = createToken<LiveStatistics>("core.LiveStatistics");
export const Events: Token<ServerEvents> = createToken<ServerEvents>("core.ServerEvents");
