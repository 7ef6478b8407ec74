import { PlinthError } from "../../model/errors.js";

/** A place in a text. Lines and columns count from 1, columns in UTF-16 units. */
export interface Location {
  readonly line: number;
  readonly column: number;
  /** Where it is not in the configuration's own file, but in one that was read into it: as the user named that one. */
  readonly file?: string;
}

export interface SourcePosition extends Location {
  /** As the user named it. */
  readonly file: string;
}

/** Keys and list indexes from the top of the configuration. */
export type ConfigPath = readonly (string | number)[];

/** One thing that is wrong with a configuration. Holds no value that came from the environment. */
export interface ConfigFault extends SourcePosition {
  /** As `protocols[0].port`; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  /** `CONFIG_INVALID`, or that of the plugin's failure. */
  readonly reason: string;
}

/** Most faults that one error tells. */
const MAX_CONFIG_FAULTS = 100;

const MAX_MESSAGE_CHARACTERS = 1_000;

/** Gathers all that is wrong, to be told at once. */
export class FaultList {
  readonly #file: string;
  /** By place and message, since an alias brings the same fault twice. */
  readonly #told = new Map<string, { readonly fault: ConfigFault; readonly error: PlinthError | undefined }>();
  readonly #warnings: ConfigFault[] = [];
  readonly #defaultSections = new Set<string>();

  constructor(file: string) {
    this.#file = file;
  }

  /** Faults of this section say that it is a default and does not stand in the file. */
  markDefault(section: string): void {
    this.#defaultSections.add(section);
  }

  add(at: Location, path: ConfigPath, message: string, error?: PlinthError): void {
    const fault = this.#fault(at, path, message, error);
    this.#told.set(`${fault.file}:${fault.line}:${fault.column}:${fault.message}`, { fault, error });
  }

  /** Something that deserves a word and keeps nobody from starting. */
  warn(at: Location, path: ConfigPath, message: string): void {
    this.#warnings.push(this.#fault(at, path, message));
  }

  get warnings(): readonly ConfigFault[] {
    return this.#warnings;
  }

  get isEmpty(): boolean {
    return this.#told.size === 0;
  }

  /** `CONFIG_INVALID` with every fault, in the order of each file. */
  toError(): PlinthError {
    const told = [...this.#told.values()];
    const files = [...new Set(told.map(({ fault }) => fault.file))];
    const faults = told
      .map(({ fault }) => fault)
      .toSorted(
        (left, right) =>
          files.indexOf(left.file) - files.indexOf(right.file) || left.line - right.line || left.column - right.column,
      )
      .slice(0, MAX_CONFIG_FAULTS);
    const lines = faults.map(formatFault);
    const untold = told.length - faults.length;
    if (untold > 0) lines.push(`${this.#file}: ${untold} more faults are not shown; mend these first`);
    return new PlinthError("CONFIG_INVALID", lines.join("\n"), {
      details: { faults },
      cause: causeOf(told.flatMap(({ error }) => error ?? [])),
    });
  }

  #fault(at: Location, path: ConfigPath, message: string, error?: PlinthError): ConfigFault {
    const section = path[0];
    const origin =
      typeof section === "string" && this.#defaultSections.has(section)
        ? ` (a default, since the file has no ${JSON.stringify(section)})`
        : "";
    return {
      file: at.file ?? this.#file,
      line: at.line,
      column: at.column,
      path: formatPath(path),
      message: oneLine(message) + origin,
      reason: error?.reason ?? "CONFIG_INVALID",
    };
  }
}

/** As `config.yaml:4:12: protocols[0].port: expected a port`. */
export function formatFault({ file, line, column, path, message }: ConfigFault): string {
  return `${file}:${line}:${column}: ${path === "" ? "" : `${path}: `}${message}`;
}

/** `protocols[0].port`, with quotes where a key is not a plain word. */
export function formatPath(path: ConfigPath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (!/^[\w-]+$/.test(step)) text += `[${quote(step)}]`;
    else text += text === "" ? step : `.${step}`;
  }
  return text;
}

/** Text from a file, quoted, escaped and cut for a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function causeOf(errors: readonly PlinthError[]): unknown {
  return errors.length > 1 ? new AggregateError(errors, "Several plugins cannot be used") : errors[0];
}

function oneLine(message: string): string {
  const flat = message.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
  return flat.length > MAX_MESSAGE_CHARACTERS ? `${flat.slice(0, MAX_MESSAGE_CHARACTERS)}…` : flat;
}
