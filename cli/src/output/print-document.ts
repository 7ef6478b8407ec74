import { stringify } from "yaml";
import type { OutputFormat } from "./output-format.js";

/** Prints a document of the API for programs, or what `forPeople` makes of it. */
export function printDocument<T>(document: T, format: OutputFormat, forPeople: (document: T) => string): void {
  process.stdout.write(withNewline(textOf(document, format, forPeople)));
}

function textOf<T>(document: T, format: OutputFormat, forPeople: (document: T) => string): string {
  if (format === "json") return JSON.stringify(document, undefined, 2);
  return format === "yaml" ? stringify(document) : forPeople(document);
}

function withNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
