import { exitOnError } from "../exit.js";
import { readConfig } from "../read-config.js";

export function checkCommand(file: string, { print = false }: { readonly print?: boolean }): Promise<void> {
  return exitOnError(async () => {
    const config = await readConfig(file);
    process.stdout.write(print ? config.effective : `${file} is right\n`);
  });
}
