import { isDeepStrictEqual } from "node:util";
import { deserialize, serialize } from "node:v8";

/** What arrives of a value that is sent to a worker or comes from there; both ways take what V8's serialisation takes. @throws Error */
export function cloned(value: unknown): unknown {
  return deserialize(serialize(value));
}

/** Whether a value arrives as what it was: an object of a class would as a plain one, without its methods. */
export function arrivesWhole(value: unknown): boolean {
  try {
    return isDeepStrictEqual(cloned(value), value);
  } catch {
    return false;
  }
}

/** The fields with what cannot cross replaced, or left out where that gives `undefined`. */
export function cloneableFields(
  fields: Readonly<Record<string, unknown>>,
  replacement: (value: unknown) => unknown = () => undefined,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      const crossing = tryClone(value) ?? replacement(value);
      return crossing === undefined ? [] : [[name, crossing]];
    }),
  );
}

function tryClone(value: unknown): unknown {
  try {
    return cloned(value);
  } catch {
    return undefined;
  }
}
