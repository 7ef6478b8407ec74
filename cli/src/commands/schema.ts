import { configSchema } from "@plinth/core";
import { BUNDLED_PLUGINS } from "../bundled-plugins.js";
import { exitOnError } from "../exit.js";

export function schemaCommand(): Promise<void> {
  return exitOnError(async () => {
    process.stdout.write(`${JSON.stringify(await configSchema(BUNDLED_PLUGINS), null, 2)}\n`);
  });
}
