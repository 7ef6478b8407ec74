import { PlinthError } from "@plinth/core";

/** What a parameter may be; 64-bit integers come as `bigint` where the transport has them. */
export type ParameterValue = string | number | bigint | boolean;

/** Parameters of a request, an input or an output, by the names that the client gave them. */
export type Parameters = ReadonlyMap<string, ParameterValue>;

export const NO_PARAMETERS: Parameters = new Map();

/** What the parameters of a request ask for. */
export interface RequestSettings {
  /** `signature_name`: which of the model's signatures is meant; the protocol itself knows of none. */
  readonly signature: string | undefined;
  /** `priority` as core wants it: higher goes first, and whoever names none goes after all who do. */
  readonly priority: number | undefined;
  /** `timeout`: how long the request may wait for its model, in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** `binary_data_output`: whether outputs that do not say so themselves come back in their raw form. */
  readonly isBinaryOutput: boolean;
  /** `triton_enable_empty_final_response`: whether the end of a stream of answers is told by a message without outputs. */
  readonly wantsEmptyFinal: boolean;
}

/** Larger than any priority, of which 1 goes first. */
const PRIORITIES = 2 ** 32;

/**
 * Reads the parameters of a request that mean something here; all others are passed over.
 *
 * @throws PlinthError `NOT_IMPLEMENTED` for a sequence, `REQUEST_INVALID` for a reserved name or a value of another type
 */
export function readRequestParameters(parameters: Parameters): RequestSettings {
  for (const [name, value] of parameters) {
    if (SEQUENCE.includes(name) && !isNothing(value)) throw noSequences(name);
    if (name.startsWith("triton_") && name !== EMPTY_FINAL) throw reserved(name);
  }
  const priority = unsigned(parameters, "priority");
  const timeoutUs = unsigned(parameters, "timeout");
  return {
    signature: text(parameters, "signature_name"),
    priority: priority === undefined || priority === 0 ? undefined : Math.max(1, PRIORITIES - priority),
    timeoutMs: timeoutUs === undefined || timeoutUs === 0 ? undefined : timeoutUs / 1_000,
    isBinaryOutput: boolean(parameters, "binary_data_output") ?? false,
    wantsEmptyFinal: boolean(parameters, EMPTY_FINAL) ?? false,
  };
}

/** @throws PlinthError `REQUEST_INVALID` for another type */
export function boolean(parameters: Parameters, name: string): boolean | undefined {
  const value = parameters.get(name);
  if (value === undefined || typeof value === "boolean") return value;
  throw wrongType(name, "true or false", value);
}

/** A whole number from 0 on that a JavaScript number holds. @throws PlinthError `REQUEST_INVALID` for anything else */
export function unsigned(parameters: Parameters, name: string): number | undefined {
  const value = parameters.get(name);
  if (value === undefined) return undefined;
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
  throw wrongType(name, "a whole number from 0 on", value);
}

function text(parameters: Parameters, name: string): string | undefined {
  const value = parameters.get(name);
  if (value === undefined || typeof value === "string") return value || undefined;
  throw wrongType(name, "a string", value);
}

function isNothing(value: ParameterValue): boolean {
  return value === "" || value === false || Number(value) === 0;
}

function wrongType(name: string, expected: string, value: ParameterValue): PlinthError {
  const got = typeof value === "string" ? JSON.stringify(value.slice(0, 64)) : String(value);
  return new PlinthError("REQUEST_INVALID", `Expected the parameter '${name}' to be ${expected}, got ${got}`);
}

function noSequences(name: string): PlinthError {
  return new PlinthError(
    "NOT_IMPLEMENTED",
    `The parameter '${name}' asks for a sequence, and no model here keeps state between requests: leave it out`,
  );
}

function reserved(name: string): PlinthError {
  return new PlinthError(
    "REQUEST_INVALID",
    `The parameter '${name.slice(0, 64)}' is reserved: names that begin with 'triton_' are not for requests`,
  );
}

const SEQUENCE = ["sequence_id", "sequence_start", "sequence_end"];
const EMPTY_FINAL = "triton_enable_empty_final_response";
