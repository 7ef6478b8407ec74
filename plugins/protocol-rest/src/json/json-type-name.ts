/** What TensorFlow Serving calls the JSON type of the value that begins at `at`. */
export function jsonTypeName(bytes: Buffer, at: number): string {
  return JSON_TYPES_BY_FIRST_CHARACTER[String.fromCharCode(bytes[at] as number)] ?? "Number";
}

const JSON_TYPES_BY_FIRST_CHARACTER: Readonly<Record<string, string>> = {
  n: "Null",
  f: "False",
  t: "True",
  "{": "Object",
  "[": "Array",
  '"': "String",
};
