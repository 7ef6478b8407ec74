import { useEffect, useState } from "preact/hooks";
import type { TensorSpec } from "../api/signatures.js";
import { bytes } from "../parts/format.js";
import { arranged, type Given } from "./given.js";

interface FileEditorProps {
  readonly spec: TensorSpec;
  readonly give: (given: Given) => void;
}

/** Larger ones do not belong into JSON. */
const MAX_FILE_BYTES = 32 * 1_024 * 1_024;

/** The bytes of a file as one string element, as models take pictures that are still packed. */
export function FileEditor({ spec, give }: FileEditorProps) {
  const [given, setGiven] = useState<Given>({ fault: "No file was chosen yet." });
  useEffect(() => give(given), [given]);
  const take = async (file: File | undefined) => {
    if (file === undefined) return;
    if (file.size > MAX_FILE_BYTES) {
      setGiven({ fault: `The file has ${bytes(file.size)}; at most ${bytes(MAX_FILE_BYTES)} can be sent from here.` });
      return;
    }
    const b64 = await base64Of(file);
    setGiven(arranged([JSON.stringify({ b64 })], spec));
  };
  return <input type="file" aria-label={spec.name} onChange={({ currentTarget }) => take(currentTarget.files?.[0])} />;
}

function base64Of(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error ?? new Error("The file cannot be read"));
    reader.readAsDataURL(file);
  });
}
