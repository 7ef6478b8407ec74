import { stringify } from "yaml";

export const OUTPUT_FORMATS = ["table", "json", "yaml"] as const;

export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

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
