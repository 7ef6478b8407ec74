import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT: string = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** The folders of the workspace's packages, relative to the root. */
export const PACKAGES: readonly string[] = [
  "core",
  "cli",
  "test/conformance",
  ...readdirSync(join(ROOT, "libraries")).map((name) => `libraries/${name}`),
  ...readdirSync(join(ROOT, "plugins")).map((name) => `plugins/${name}`),
];

export interface SourceFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text without comments. */
  readonly code: string;
  /** Specifiers of all imports and re-exports, and of files of packages that are looked up. */
  readonly imports: readonly string[];
}

/** The TypeScript files below a folder of the root. */
export function sourceFiles(folder: string): readonly SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.m?ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.includes("node_modules"))
    .map((file) => {
      const text = readFileSync(file, "utf8");
      return {
        path: relative(ROOT, file).split(sep).join("/"),
        text,
        code: text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ""),
        imports: importsOf(text),
      };
    });
}

export interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly engines?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export function manifest(folder: string): PackageManifest {
  return JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
}

/** The package that a specifier names: `@scope/name` or `name`. */
export function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

function importsOf(text: string): readonly string[] {
  const patterns = [
    /^import\s+(?:[\w\s{},*$]+\s+from\s+)?["']([^"']+)["']/gm,
    /^export\s+(?:type\s+)?(?:\*|\{[\w\s,$]*\})\s+from\s+["']([^"']+)["']/gm,
    /\bimport\(\s*["']([^"']+)["']/g,
    /\bcreateRequire\(import\.meta\.url\)\.resolve\(\s*["']([^"']+)["']/g,
  ];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, specifier = ""]) => specifier));
}
