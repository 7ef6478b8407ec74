import "reflect-metadata";
import { type DependencyContainer, instancePerContainerCachingFactory, container as root } from "tsyringe";
import type { Services, Token } from "../extension-points/token.js";
import { PlinthError } from "../model/errors.js";

/**
 * The services of one server: typed tokens over tsyringe, which only this file knows. Each is made once, when it is first asked
 * for.
 */
export class ServiceContainer implements Services {
  readonly #container: DependencyContainer = root.createChildContainer();
  readonly #makers: (() => unknown)[] = [];
  readonly #beingMade: string[] = [];

  provide<T>(token: Token<T>, factory: (services: Services) => T): void {
    const make = instancePerContainerCachingFactory<T>(() => this.#make(token, factory));
    this.#container.register<T>(token.key, { useFactory: make });
    this.#makers.push(() => make(this.#container));
  }

  get<T>(token: Token<T>): T {
    const all = this.getAll(token);
    const [only] = all;
    if (only !== undefined && all.length === 1) return only;
    throw new PlinthError("PLUGIN_INVALID", `Expected exactly one plugin to provide ${token.name}, got ${all.length}`);
  }

  getAll<T>(token: Token<T>): readonly T[] {
    return this.#container.isRegistered(token.key) ? this.#container.resolveAll<T>(token.key) : [];
  }

  /** Every service there is, made now, each on its own: what one throws does not keep the others from being made. */
  makers(): readonly (() => unknown)[] {
    return this.#makers;
  }

  #make<T>(token: Token<T>, factory: (services: Services) => T): T {
    if (this.#beingMade.includes(token.name)) {
      throw new PlinthError(
        "PLUGIN_INVALID",
        `Services need each other in a circle: ${[...this.#beingMade, token.name].join(" -> ")}`,
      );
    }
    this.#beingMade.push(token.name);
    try {
      return factory(this);
    } finally {
      this.#beingMade.pop();
    }
  }
}
