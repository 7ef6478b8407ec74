import type { ConfigDirectory } from "../../extension-points/config-directory.js";
import type { Sampling } from "../../extension-points/monitor.js";
import type { Route } from "../../extension-points/route.js";
import type { ServerSettings } from "../../extension-points/server-settings.js";
import { PlinthError } from "../../model/errors.js";
import { arrivesWhole } from "../../serving/execution/worker/cloneable.js";
import type { PluginUse } from "../config/server-config.js";
import { type CarriedDescription, carried } from "./carried-description.js";

/** All that a front is composed of. It reads no configuration of its own, so that it cannot be another than the main process's. */
export interface FrontFacts {
  readonly settings: ServerSettings;
  readonly directory: ConfigDirectory;
  /** In the order of the configuration. */
  readonly protocols: readonly ProtocolFacts[];
  readonly routes: readonly RouteFacts[];
  /** Where the main process answers {@link routes}. */
  readonly routesPath: string;
  /** Whether the main process has monitors. */
  readonly isObserved: boolean;
  /** What they want of requests. */
  readonly sampling: Sampling | undefined;
  /** Whether none of them wants to hear of what went well. */
  readonly ignoresSuccess: boolean;
}

export interface ProtocolFacts {
  readonly use: string;
  readonly moduleUrl: string;
  /** What the plugin's own schema made of them. */
  readonly options: unknown;
}

/** A route whose handler is in the main process: the `index`-th there. */
export interface RouteFacts extends Omit<Route, "handle" | "description"> {
  readonly index: number;
  /** Of a public route. */
  readonly description: CarriedDescription | undefined;
}

/** @throws PlinthError `PLUGIN_INVALID` where its options cannot be handed to another process */
export function protocolFacts({ use, moduleUrl, options }: PluginUse): ProtocolFacts {
  const facts = { use, moduleUrl, options };
  if (arrivesWhole(facts)) return facts;
  throw new PlinthError(
    "PLUGIN_INVALID",
    `The protocol ${use} cannot run in several processes: expected options that can be cloned. Use server: { processes: 1 }`,
  );
}

export function routeFacts(routes: readonly Route[]): Promise<readonly RouteFacts[]> {
  return Promise.all(
    routes.map(async ({ method, path, access, maxBodyBytes, description }, index) => {
      const described = access === "public" ? await description?.() : undefined;
      return { index, method, path, access, maxBodyBytes, description: described && carried(described) };
    }),
  );
}
