import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./free-port.js";

/** How often it is asked whether it is up, in milliseconds, and how many times. */
const LOOK = { everyMs: 200, times: 150 };

/**
 * Has the tests of storage-s3 run on a real MinIO where one is at hand: the server at `S3_ENDPOINT`, else the program in `MINIO_SERVER`, else
 * `minio` on the PATH. Where there is none, they have a stand-in and say so.
 */
export default async function minioAtHand(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.S3_ENDPOINT !== undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "plinth-minio-"));
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const keys = { AWS_ACCESS_KEY_ID: "plinth", AWS_SECRET_ACCESS_KEY: "plinth-secret" };
  const server = await started(process.env.MINIO_SERVER ?? "minio", new URL(endpoint).host, join(folder, "data"), keys);
  const stop = async () => {
    if (server?.kill() === true) await once(server, "exit");
    await rm(folder, { recursive: true, force: true });
  };
  if (server === undefined || !(await isUp(endpoint, server))) {
    await stop();
    if (process.env.MINIO_SERVER === undefined && server === undefined) return undefined;
    throw new Error(`The MinIO at hand (${process.env.MINIO_SERVER ?? "minio on the PATH"}) does not come up`);
  }
  Object.assign(process.env, keys, { S3_ENDPOINT: endpoint });
  return stop;
}

/** `undefined` where there is no such program. */
async function started(
  program: string,
  address: string,
  folder: string,
  keys: { readonly AWS_ACCESS_KEY_ID: string; readonly AWS_SECRET_ACCESS_KEY: string },
): Promise<ChildProcess | undefined> {
  const users = { MINIO_ROOT_USER: keys.AWS_ACCESS_KEY_ID, MINIO_ROOT_PASSWORD: keys.AWS_SECRET_ACCESS_KEY };
  const server = spawn(program, ["server", "--quiet", "--address", address, folder], {
    env: { ...process.env, ...users, MINIO_BROWSER: "off" },
    stdio: "ignore",
  });
  return once(server, "spawn").then(
    () => server,
    () => undefined,
  );
}

async function isUp(endpoint: string, server: ChildProcess): Promise<boolean> {
  for (let time = 0; time < LOOK.times && server.exitCode === null; time++) {
    const answer = await fetch(`${endpoint}/minio/health/ready`).catch(() => undefined);
    if (answer?.ok) return true;
    await sleep(LOOK.everyMs);
  }
  return false;
}
