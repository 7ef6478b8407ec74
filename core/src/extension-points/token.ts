/**
 * Names a service of type `T` in the kernel: what a plugin provides and what it may ask for. Tokens are compared by identity;
 * make one with {@link createToken} and export it. By convention a token has the name of the interface that it stands for.
 */
export interface Token<T> {
  /** How the token is called in messages. */
  readonly name: string;
  readonly key: symbol;
  /** Never set: it only carries the type. */
  readonly type?: T;
}

/** A new token. Two packages that must agree on a token need not share an instance: the key is global by name. */
export function createToken<T>(name: string): Token<T> {
  return { name, key: Symbol.for(`plinth:${name}`) };
}

/** What a factory may ask for. */
export interface Services {
  /**
   * The one service that was provided for the token, made on first use.
   *
   * @throws PlinthError `PLUGIN_INVALID` where none or several were provided, or where services need each other in a circle.
   */
  get<T>(token: Token<T>): T;
  /** All services that were provided for the token, in the order of the configuration; none is an empty list. */
  getAll<T>(token: Token<T>): readonly T[];
}
