import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Serving, type TemporaryFolder } from "./serving.js";
import { MODEL_FILE } from "./token-backend.js";

const PLUGIN = fileURLToPath(new URL("token-backend.ts", import.meta.url));

/** A server over REST and gRPC of one model that streams, `talk`, which lies in `folder`. @param more of the configuration */
export async function startTokens(folder: TemporaryFolder, more = ""): Promise<Serving> {
  await mkdir(join(folder.path, "talk", "1"), { recursive: true });
  await writeFile(join(folder.path, "talk", "1", MODEL_FILE), "");
  const config = `storage: { use: disk, root: ., settleMs: 0 }
backends: [{ use: ${JSON.stringify(PLUGIN)} }]
protocols: [{ use: rest, port: 0 }, { use: grpc, port: 0 }]
${more}`;
  return Serving.start(config, join(folder.path, "config.yaml"));
}
