import type { LogFields, Logger } from "../../extension-points/logger.js";
import { packError } from "../../serving/execution/worker/packed-error.js";
import type { ServerChannel } from "../../serving/execution/worker/worker-channel.js";

/** Hands to the server what is logged in a worker. */
export class ForwardingLogger implements Logger {
  readonly #server: ServerChannel;
  readonly #fields: LogFields;

  constructor(server: ServerChannel, fields: LogFields = {}) {
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

  #log(level: "debug" | "info" | "warn" | "error", message: string, fields: LogFields = {}): void {
    this.#server.send({ type: "log", level, message, fields: cloneable({ ...this.#fields, ...fields }) }, []);
  }
}

/** Fields may hold anything; what cannot cross goes as text. */
function cloneable(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (value instanceof Error) return [name, packError(value)];
      try {
        return [name, structuredClone(value)];
      } catch {
        return [name, String(value)];
      }
    }),
  );
}
