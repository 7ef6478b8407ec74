import { OWN_FLAGS, SERVING_FLAGS, type ServingFlag } from "./serving-flags.js";

const TREATMENTS: Readonly<Record<ServingFlag["treatment"], string>> = {
  used: "",
  ignored: "ignored: ",
  refused: "refused: ",
};

/** What `tensorflow_model_server --help` prints. */
export function flagsHelp(): string {
  const lines = Object.entries({ ...SERVING_FLAGS, ...OWN_FLAGS }).map(([name, { defaultValue, treatment, note }]) => {
    const value = defaultValue === undefined || defaultValue === "" ? "" : ` (default ${defaultValue})`;
    return `  --${name}\n      ${TREATMENTS[treatment]}${note}${value}\n`;
  });
  return `Plinth in place of tensorflow_model_server.

Usage: tensorflow_model_server --rest_api_port=8501 --model_name=<name> --model_base_path=</absolute/folder>
       tensorflow_model_server --rest_api_port=8501 --model_config_file=<file>

${lines.join("")}
Exit codes: 0 done, 1 failed, 2 the flags or a file that they name are wrong.
`;
}
