import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Logger } from "@plinth/core";

/** Where a server that is started by flags keeps what is its own: labels and traffic that were changed, and their history. */
export interface StateDirectory extends AsyncDisposable {
  readonly path: string;
}

/**
 * TensorFlow Serving keeps nothing from one start to the next, and a folder that is shared by default would bring the labels of
 * one server to the next one's models; so it is a temporary folder, unless one is named.
 *
 * @param named `--plinth_state_dir`; empty: none
 */
export async function openStateDirectory(named: string, logger: Logger): Promise<StateDirectory> {
  if (named !== "") {
    const path = resolve(named);
    await mkdir(path, { recursive: true });
    logger.info(`Labels and history are kept in ${path}`);
    return { path, [Symbol.asyncDispose]: async () => {} };
  }
  try {
    const path = await mkdtemp(join(tmpdir(), "plinth-state-"));
    logger.info(
      `Labels and history are kept in ${path} until this server ends; --plinth_state_dir keeps them for longer`,
    );
    return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
  } catch (error) {
    logger.warn(
      "No temporary folder can be made, so labels cannot be changed at run time; --plinth_state_dir names another",
      {
        error,
      },
    );
    return { path: import.meta.dirname, [Symbol.asyncDispose]: async () => {} };
  }
}
