import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Logger } from "@plinth/core";
import { CommandFailure, EXIT_FAILED } from "../exit.js";

/** Where a server that is started by flags keeps what is its own: labels and traffic that were changed, and their history. */
export interface StateDirectory extends AsyncDisposable {
  readonly path: string;
}

/** Containers whose file system is read-only still have memory for this. */
const SHARED_MEMORY = "/dev/shm";

/**
 * TensorFlow Serving keeps nothing from one start to the next, and a folder that is shared by default would bring the labels of
 * one server to the next one's models; so it is a temporary folder, unless one is named.
 *
 * @param named `--plinth_state_dir`; empty: none
 */
export async function openStateDirectory(
  named: string,
  logger: Logger,
  temporary: readonly string[] = [tmpdir(), SHARED_MEMORY],
): Promise<StateDirectory> {
  if (named !== "") {
    const path = resolve(named);
    await mkdir(path, { recursive: true }).catch((thrown: Error) => {
      throw new CommandFailure(`--plinth_state_dir: ${path} cannot be made: ${thrown.message}`, EXIT_FAILED);
    });
    logger.info(`Labels and history are kept in ${path}`);
    return { path, [Symbol.asyncDispose]: async () => {} };
  }
  for (const parent of temporary) {
    const path = await mkdtemp(join(parent, "plinth-state-")).catch(() => undefined);
    if (path === undefined) continue;
    logger.info(
      `Labels and history are kept in ${path} until this server ends; --plinth_state_dir keeps them for longer`,
    );
    return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
  }
  const tried = temporary.join(" and ");
  throw new CommandFailure(
    `No folder for labels and history can be made in ${tried}: name one by --plinth_state_dir`,
    EXIT_FAILED,
  );
}
