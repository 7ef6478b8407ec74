import { formatFault } from "@plinth/core";
import { exitOnError } from "../exit.js";
import { readConfig } from "../read-config.js";

export function checkCommand(file: string, { print = false }: { readonly print?: boolean }): Promise<void> {
  return exitOnError(async () => {
    const config = await readConfig(file);
    for (const warning of config.warnings) process.stderr.write(`Warning: ${formatFault(warning)}\n`);
    process.stdout.write(print ? config.effective : `${file} is right\n`);
  });
}
