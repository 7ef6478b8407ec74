import { createToken, type Token } from "./token.js";

/**
 * Where plugins say what people should know. `fields` are facts beside the message, for machines; an `error` field may hold
 * anything that was thrown. Never log inputs, secrets or values that came from the environment.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to all that it says. */
  child(fields: LogFields): Logger;
}

export type LogFields = Readonly<Record<string, unknown>>;

/** Each plugin gets a logger that already names the plugin. */
export const Logger: Token<Logger> = createToken<Logger>("Logger");
