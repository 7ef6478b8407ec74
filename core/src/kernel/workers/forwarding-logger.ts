import { inspect } from "node:util";
import type { LogFields, Logger } from "../../extension-points/logger.js";
import { cloneableFields } from "../../serving/execution/worker/cloneable.js";
import { packError } from "../../serving/execution/worker/packed-error.js";
import type { ServerChannel } from "../../serving/execution/worker/worker-channel.js";

/** Hands to the server what is logged in a worker. */
export class ForwardingLogger implements Logger {
  readonly #server: Pick<ServerChannel, "send">;
  readonly #fields: LogFields;

  constructor(server: Pick<ServerChannel, "send">, fields: LogFields = {}) {
    this.#server = server;
    this.#fields = fields;
  }

  debug(message: string, fields?: LogFields): void {
    this.#log("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log("error", message, fields);
  }

  child(fields: LogFields): Logger {
    return new ForwardingLogger(this.#server, { ...this.#fields, ...fields });
  }

  #log(level: "debug" | "info" | "warn" | "error", message: string, ownFields: LogFields = {}): void {
    const all = Object.entries({ ...this.#fields, ...ownFields });
    const errors = Object.fromEntries(
      all.flatMap(([name, value]) => (value instanceof Error ? [[name, packError(value)]] : [])),
    );
    const others = Object.fromEntries(all.filter(([, value]) => !(value instanceof Error)));
    this.#server.send(
      { type: "log", level, message, fields: cloneableFields(others, (value) => inspect(value)), errors },
      [],
    );
  }
}
