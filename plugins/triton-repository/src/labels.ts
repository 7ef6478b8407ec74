import { checkSideFileName, PlinthError } from "@plinth/core";
import { fieldOf, type MessageValue, messagesOf, textOf } from "@plinth/text-format";
import type { Faults } from "./read-config.js";

/** The files that name the classes of outputs. Names that no file beside a model can have are left out; {@link outputLabels} tells. */
export function labelFileNames(config: MessageValue): readonly string[] {
  const names = messagesOf(config, "output").flatMap((output) => textOf(output, "label_filename") ?? []);
  return [...new Set(names.filter((name) => name !== "" && whyNoName(name) === undefined))];
}

/** The names of an output's classes by their index, one a line of its file; `undefined` where it has none. */
export function outputLabels(
  output: MessageValue,
  files: ReadonlyMap<string, Uint8Array>,
  faults: Faults,
): readonly string[] | undefined {
  const field = fieldOf(output, "label_filename");
  const name = field?.value as string | undefined;
  if (field === undefined || name === undefined || name === "") return undefined;
  const content = files.get(name);
  if (content === undefined) {
    const why = whyNoName(name) ?? "it lies not beside the model's versions";
    faults.add(field.valueAt, `the label file ${JSON.stringify(name)} cannot be read: ${why}`);
    return undefined;
  }
  const lines = new TextDecoder().decode(content).split(/\r?\n/);
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

function whyNoName(name: string): string | undefined {
  try {
    checkSideFileName(name);
    return undefined;
  } catch (thrown) {
    return PlinthError.from(thrown).message;
  }
}
