import type { Deployments } from "../../extension-points/deployments.js";

/** Deployments whose changes are in effect in every front when they settle. */
export class HeardDeployments implements Deployments {
  readonly #deployments: Deployments;
  readonly #heard: () => Promise<void>;

  /** @param heard settles when every front routes by what has been changed until now */
  constructor(deployments: Deployments, heard: () => Promise<void>) {
    this.#deployments = deployments;
    this.#heard = heard;
  }

  models(): ReturnType<Deployments["models"]> {
    return this.#deployments.models();
  }

  deployment(model: string): ReturnType<Deployments["deployment"]> {
    return this.#deployments.deployment(model);
  }

  revision(revision: number): ReturnType<Deployments["revision"]> {
    return this.#deployments.revision(revision);
  }

  history(...query: Parameters<Deployments["history"]>): ReturnType<Deployments["history"]> {
    return this.#deployments.history(...query);
  }

  change(...change: Parameters<Deployments["change"]>): ReturnType<Deployments["change"]> {
    return this.#onceHeard(this.#deployments.change(...change));
  }

  rollback(...rollback: Parameters<Deployments["rollback"]>): ReturnType<Deployments["rollback"]> {
    return this.#onceHeard(this.#deployments.rollback(...rollback));
  }

  publish(...version: Parameters<Deployments["publish"]>): ReturnType<Deployments["publish"]> {
    return this.#onceHeard(this.#deployments.publish(...version));
  }

  remove(...version: Parameters<Deployments["remove"]>): ReturnType<Deployments["remove"]> {
    return this.#onceHeard(this.#deployments.remove(...version));
  }

  removeModel(...model: Parameters<Deployments["removeModel"]>): ReturnType<Deployments["removeModel"]> {
    return this.#onceHeard(this.#deployments.removeModel(...model));
  }

  async #onceHeard<T>(change: Promise<T>): Promise<T> {
    const result = await change;
    await this.#heard();
    return result;
  }
}
