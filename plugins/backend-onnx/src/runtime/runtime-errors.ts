import { type ErrorReason, PlinthError } from "@plinth/core";
import type { OnnxFile } from "../onnx-file/read-onnx-file.js";

const MAX_MESSAGE_LENGTH = 2000;

/** Where in ONNX Runtime's sources a message was made: file and line, then a function's signature or its bare name. */
const SOURCE_PLACE =
  /\S+\.(?:cc|h):\d+ (?:[^()]*::\w+\([^()]*(?:\([^()]*\)[^()]*)*\)(?: const)?(?: \[with [^\]]*\])? |\w+ )/g;

/** What ONNX Runtime says, without places in its sources, status prefixes and this machine's paths. */
function plainMessage(thrown: unknown, modelPath?: string): string {
  let message = String(thrown instanceof Error ? thrown.message : thrown).slice(0, MAX_MESSAGE_LENGTH);
  if (modelPath !== undefined) message = message.replaceAll(`Load model from ${modelPath} failed:`, "");
  return message
    .replace(/\[ONNXRuntimeError\] : \d+ : \w+ : /g, "")
    .replace(/^Exception during (?:loading|initialization): /, "")
    .replace(SOURCE_PLACE, "")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/\.$/, "");
}

interface LoadFailure {
  readonly says: RegExp;
  readonly reason: ErrorReason;
  explain(match: RegExpMatchArray): string;
}

/** What ONNX Runtime 1.30 says of models that are well formed and nevertheless not loaded. */
const LOAD_FAILURES: readonly LoadFailure[] = [
  {
    says: /Unsupported model IR version: (\d+), max supported IR version: (\d+)/,
    reason: "MODEL_UNSUPPORTED",
    explain: ([, got, supported]) =>
      `has ONNX IR version ${got}, but this ONNX Runtime reads up to ${supported}: export it with an older version of ONNX`,
  },
  {
    says: /Opset (\d+) is under development .* Current official support for domain (\S+) is till opset (\d+)/,
    reason: "MODEL_UNSUPPORTED",
    explain: ([, got, domain, supported]) =>
      `imports version ${got} of the operators of ${domain}, but this ONNX Runtime has them up to ${supported}: ` +
      `export it with opset ${supported} or lower`,
  },
  {
    says: /In Node, \("([^"]*)", ([^,]+),.*No Op registered for \S+ with domain_version of (\d+)/,
    reason: "MODEL_UNSUPPORTED",
    explain: ([, node, operator, version]) =>
      `uses the operator ${operator} in node ${JSON.stringify(node)}, which opset ${version} does not have: ` +
      "export it with the opset that has it",
  },
  {
    says: /(\S+):(\S+)\(-?\d+\) is not a registered function\/op/,
    reason: "MODEL_UNSUPPORTED",
    explain: ([, domain, operator]) =>
      `uses the operator ${operator} of ${domain}, which ONNX Runtime does not have: export it with standard operators only`,
  },
  {
    says: /Could not find an implementation for (\S+) node with name '([^']*)'/,
    reason: "MODEL_UNSUPPORTED",
    explain: ([, operator, node]) =>
      `uses ${operator} in node ${JSON.stringify(node)} with types for which ONNX Runtime has no implementation on the CPU: ` +
      "export it with other types",
  },
  {
    says: /MLDataType for: (\S+) is not currently registered or supported/,
    reason: "MODEL_UNSUPPORTED",
    explain: ([, type]) => `uses ${type}, which ONNX Runtime does not support: export it with other types`,
  },
];

/** Why a load failed. `name` is what the file is called in messages. */
export function loadError(
  thrown: unknown,
  name: string,
  path: string | undefined,
  file: OnnxFile | undefined,
): PlinthError {
  const message = plainMessage(thrown, path);
  const details =
    file === undefined
      ? {}
      : { irVersion: file.irVersion, opsets: Object.fromEntries(file.opsets), producer: file.producer };
  for (const { says, reason, explain } of LOAD_FAILURES) {
    const match = says.exec(message);
    if (match !== null) return new PlinthError(reason, `${name} ${explain(match)}`, { details, cause: thrown });
  }
  return new PlinthError(
    "MODEL_FILE_INVALID",
    `ONNX Runtime does not load ${name}: ${message}. Check the model with onnx.checker and export it again`,
    { details, cause: thrown },
  );
}

/** Why a run failed. ONNX Runtime has no code for shapes at odds, so its words decide. */
export function runError(thrown: unknown): PlinthError {
  if (thrown instanceof PlinthError) return thrown;
  const message = plainMessage(thrown);
  const reason = /\b(?:dimensions?|dims|rank|shapes?|broadcast)\b/i.test(message)
    ? "INPUT_SHAPE_MISMATCH"
    : "MODEL_RUN_FAILED";
  return new PlinthError(reason, `The model could not be run on these inputs: ${message}`, { cause: thrown });
}
