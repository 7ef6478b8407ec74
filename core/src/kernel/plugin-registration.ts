import { Logger } from "../extension-points/logger.js";
import type { Plugin } from "../extension-points/plugin.js";
import type { Services, Token } from "../extension-points/token.js";
import { PlinthError } from "../model/errors.js";
import { namedFailure } from "./failures.js";
import type { ServiceContainer } from "./service-container.js";

/** A plugin with the options of one place in the configuration where it is used. */
export interface ConfiguredPlugin {
  /** How the configuration names it. */
  readonly use: string;
  readonly plugin: Plugin;
  readonly options: unknown;
}

/**
 * Lets a plugin declare what it provides; nothing is made yet.
 *
 * @param configuredFor what it must provide; absent: whatever it likes
 * @param made told of each service of that kind once it is made
 * @param takes which of its services are wanted; of a protocol that answers in other processes, the main one has its routes only
 * @throws PlinthError `PLUGIN_INVALID` where it does not provide what it is configured for; what it throws, with its name.
 */
export function registerPlugin<T>(
  container: ServiceContainer,
  { use, plugin, options }: ConfiguredPlugin,
  configuredFor?: Token<T>,
  made: (service: T) => void = () => {},
  takes: (token: Token<unknown>) => boolean = () => true,
): void {
  const provided = new Set<symbol>();
  const services = servicesOf(plugin, container);
  named(plugin, () =>
    plugin.register(
      {
        provide: (token, factory) => {
          provided.add(token.key);
          if (!takes(token)) return;
          container.provide(token, () => {
            const service = named(plugin, () => factory(services));
            if (token.key === configuredFor?.key) made(service as unknown as T);
            return service;
          });
        },
      },
      options,
    ),
  );
  if (configuredFor === undefined || provided.has(configuredFor.key)) return;
  throw new PlinthError(
    "PLUGIN_INVALID",
    `${plugin.name}: it is configured as a ${configuredFor.name} (use: ${use}) but provides none; is it in the wrong section?`,
  );
}

/** What a plugin's factories may ask for: everything, and a logger that names the plugin. */
function servicesOf(plugin: Plugin, container: ServiceContainer): Services {
  return {
    get: <T>(token: Token<T>): T => {
      const service = container.get(token);
      return token.key === Logger.key ? ((service as Logger).child({ plugin: plugin.name }) as T) : service;
    },
    getAll: (token) => container.getAll(token),
  };
}

function named<T>(plugin: Plugin, run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    throw namedFailure(plugin.name, thrown);
  }
}
