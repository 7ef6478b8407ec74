import { open } from "node:fs/promises";
import { type ConfigPath, type FaultList, type Location, suggestKey } from "@plinth/core";
import {
  type MessageType,
  type MessageValue,
  parseTextFormat,
  readMessage,
  TextFormatError,
} from "@plinth/text-format";

const MAX_BYTES = 1024 * 1024;

/** A message out of a file, whose places name that file. */
export interface FileMessage {
  readonly file: string;
  readonly message: MessageValue;
}

/**
 * Reads a file of protobuf's text format; `undefined` where it cannot be read, why is then among `faults`. What is not of the format is told
 * in the words that TensorFlow Serving has for it, which its own tests look for.
 */
export async function readTextFile(
  file: string,
  type: MessageType,
  faults: FaultList,
): Promise<FileMessage | undefined> {
  const tell = (at: Location, path: ConfigPath, message: string) => faults.add({ ...at, file }, path, message);
  try {
    const message = parseTextFormat(await textOf(file));
    return {
      file,
      message: readMessage(message, type, {
        problem: ({ at, path, message }) => tell(at, path, message),
        suggest: suggestKey,
      }),
    };
  } catch (thrown) {
    const at = thrown instanceof TextFormatError ? thrown.at : { line: 1, column: 1 };
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    const isSyntax = thrown instanceof TextFormatError;
    tell(
      at,
      [],
      `${isSyntax ? `Error parsing text-format tensorflow.serving.${type.name}` : "cannot be read"}: ${why}`,
    );
    return undefined;
  }
}

async function textOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    // One byte past the limit, so that what is too large is seen to be.
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_BYTES + 1));
    if (bytesRead > MAX_BYTES) throw new Error(`expected at most ${MAX_BYTES} bytes, got more`);
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}
