import type { LogFields, Logger } from "@plinth/core";
import { destination, type Level, type Logger as Pino, pino, stdSerializers } from "pino";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export const LOG_FORMATS = ["text", "json"] as const;

export type LogFormat = (typeof LOG_FORMATS)[number];

const STANDARD_ERROR = 2;

/** A logger to standard error: lines for people, or JSON, one object a line, for machines. */
export async function createLogger(level: Level, format: LogFormat): Promise<Logger> {
  const options = { level, base: null, serializers: { error: stdSerializers.err } };
  const output = format === "text" ? await textOutput() : destination({ dest: STANDARD_ERROR, sync: true });
  return overPino(pino(options, output));
}

async function textOutput(): Promise<NodeJS.WritableStream> {
  const { default: pretty } = await import("pino-pretty");
  return pretty({ destination: STANDARD_ERROR, sync: true, ignore: "plugin,model", errorLikeObjectKeys: ["error"] });
}

function overPino(target: Pino): Logger {
  return {
    debug: (message: string, fields?: LogFields) => target.debug(fields, message),
    info: (message: string, fields?: LogFields) => target.info(fields, message),
    warn: (message: string, fields?: LogFields) => target.warn(fields, message),
    error: (message: string, fields?: LogFields) => target.error(fields, message),
    child: (fields: LogFields) => overPino(target.child(fields)),
  };
}
