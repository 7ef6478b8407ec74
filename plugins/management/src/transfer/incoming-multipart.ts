import { Readable } from "node:stream";
import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { type IncomingFile, MAX_FILES, PlinthError } from "@plinth/core";

/**
 * The files of a `multipart/form-data` body, one after the other. The name of each file is its path; other fields are refused.
 *
 * @throws PlinthError `FILES_INVALID`
 */
export async function* incomingMultipart(
  bytes: AsyncIterable<Uint8Array>,
  contentType: string,
): AsyncGenerator<IncomingFile> {
  const form = open(contentType);
  const files = new Readable({ objectMode: true, highWaterMark: 1, read() {} });
  form.on("file", (_field: string, content: BusboyFileStream, filename: string) => {
    files.push({ path: filename, content } satisfies IncomingFile);
  });
  form.on("field", (name: string) => {
    files.destroy(
      new PlinthError(
        "FILES_INVALID",
        `Expected files alone in the form, got the field ${JSON.stringify(name.slice(0, 64))}`,
      ),
    );
  });
  form.once("filesLimit", () => files.destroy(new PlinthError("FILES_INVALID", `Expected at most ${MAX_FILES} files`)));
  form.once("error", (error: Error) => files.destroy(invalid(error)));
  form.once("finish", () => files.push(null));
  const source = Readable.from(bytes);
  source.once("error", (error) => files.destroy(error));
  source.pipe(form);
  try {
    yield* files as AsyncIterable<IncomingFile>;
  } finally {
    source.destroy();
    form.destroy();
  }
}

function open(contentType: string): InstanceType<typeof Busboy> {
  try {
    return new Busboy({
      headers: { "content-type": contentType },
      preservePath: true,
      limits: { files: MAX_FILES + 1, fields: 1, headerPairs: 16, fieldNameSize: 256 },
    });
  } catch (cause) {
    throw invalid(cause as Error);
  }
}

function invalid(cause: Error): PlinthError {
  return new PlinthError("FILES_INVALID", `The body is no whole form: ${cause.message}; send it again`, { cause });
}
