interface ForeignFormat {
  readonly is: string;
  readonly fix: string;
}

/** What a file is that begins with these bytes and is no ONNX file; `undefined` where that cannot be told. */
export function foreignFormat(head: Buffer): ForeignFormat | undefined {
  const text = head.toString("latin1");
  return FORMATS.find(({ begins, at = 0 }) =>
    typeof begins === "string" ? text.startsWith(begins, at) : begins.test(text),
  );
}

const EXPORT = "convert the model to ONNX first";

const FORMATS: readonly (ForeignFormat & { readonly begins: string | RegExp; readonly at?: number })[] = [
  { begins: "version https://git-lfs", is: "a Git LFS pointer to the model", fix: "fetch it with `git lfs pull`" },
  {
    begins: /^\s*<(?:!doctype|html|\?xml)/i,
    is: "an HTML or XML page",
    fix: "the download may have met a login or error page; download the model again",
  },
  { begins: /^\s*[{[]\s*["{[\]}]/, is: "JSON text", fix: EXPORT },
  { begins: "PK\u0003\u0004", is: "a ZIP archive, as PyTorch and Keras write it", fix: `unpack it, or ${EXPORT}` },
  { begins: "\u0089HDF", is: "an HDF5 file, as Keras writes it", fix: EXPORT },
  { begins: "\u001f\u008b", is: "compressed with gzip", fix: "unpack it" },
  { begins: "TFL3", at: 4, is: "a TensorFlow Lite model", fix: EXPORT },
  { begins: "ORTM", at: 4, is: "a model in ONNX Runtime's own format", fix: "name the file with the ending .ort" },
];
