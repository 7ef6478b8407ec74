/* TensorFlow Serving's metadata, and requests in its form. */

interface TensorInfo {
  readonly dtype: string;
  readonly tensor_shape: { readonly dim?: readonly { readonly size: string }[]; readonly unknown_rank?: boolean };
}

export interface ServingMetadata {
  readonly metadata: {
    readonly signature_def: {
      readonly signature_def: Readonly<Record<string, { readonly inputs: Readonly<Record<string, TensorInfo>> }>>;
    };
  };
}

/** Most elements of one input that are written out. */
const MAX_ELEMENTS = 4_096;

/** A body with zeros, or empty strings, for every input of the default signature. */
export function exampleBody({ metadata }: ServingMetadata): unknown {
  const signatures = metadata.signature_def.signature_def;
  const name = "serving_default" in signatures ? "serving_default" : Object.keys(signatures)[0];
  const inputs = Object.entries(signatures[name ?? ""]?.inputs ?? {});
  const values = Object.fromEntries(inputs.map(([input, info]) => [input, exampleValue(info)]));
  return { ...(name !== "serving_default" && { signature_name: name }), inputs: values };
}

/** The lines that send this request from elsewhere, by what they are written in. */
export function snippets(url: string, body: string): Readonly<Record<string, string>> {
  return {
    curl: `curl ${url} -d ${shellQuoted(body)}`,
    Python: `import json, urllib.request

body = ${JSON.stringify(body)}
request = urllib.request.Request(${JSON.stringify(url)}, data=body.encode())
print(json.load(urllib.request.urlopen(request)))`,
    TypeScript: `const response = await fetch(${JSON.stringify(url)}, {
  method: "POST",
  body: ${JSON.stringify(body)},
});
console.log(await response.json());`,
  };
}

function exampleValue({ dtype, tensor_shape: { dim = [], unknown_rank: isOpen } }: TensorInfo): unknown {
  const shape = isOpen ? [1] : dim.map(({ size }) => (size === "-1" ? 1 : Number(size)));
  if (shape.reduce((product, length) => product * length, 1) > MAX_ELEMENTS) return [];
  return filled(shape, dtype === "DT_STRING" ? "" : dtype === "DT_BOOL" ? false : 0);
}

function filled([length, ...rest]: readonly number[], value: unknown): unknown {
  return length === undefined ? value : Array.from({ length }, () => filled(rest, value));
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
