import { isAbsolute } from "node:path";
import { type FaultList, type Location, mappingOf, type SourceEntry, type SourceMapping, treeOf } from "@plinth/core";
import { type FieldValue, fieldOf, type MessageValue, messageOf } from "@plinth/text-format";
import type { FileMessage } from "./read-text-file.js";

/** The one platform that there is: which backend loads a model is decided by its files. */
const PLATFORM = "tensorflow";

type Path = readonly (string | number)[];

/** Makes `models:` of a ModelServerConfig, every part at its place in that file. What is wrong is added to `faults`. */
export function modelsOf({ file, message }: FileMessage, faults: FaultList): SourceMapping {
  return new ModelsReader(file, faults).read(message);
}

class ModelsReader {
  readonly #file: string;
  readonly #faults: FaultList;
  /** Where each name stood first. */
  readonly #named = new Map<string, Location>();

  constructor(file: string, faults: FaultList) {
    this.#file = file;
    this.#faults = faults;
  }

  read(config: MessageValue): SourceMapping {
    const custom = fieldOf(config, "custom_model_config");
    if (custom !== undefined) {
      this.#tell(
        custom.at,
        ["custom_model_config"],
        "custom configurations are not served; name the models in model_config_list",
      );
    }
    const models = messageOf(config, "model_config_list")?.fields.get("config") ?? [];
    return mappingOf(
      this.#at(config.at),
      models.flatMap((model, index) => this.#model(model, ["model_config_list", "config", index])),
    );
  }

  #model({ at, value }: FieldValue, path: Path): readonly (readonly [string, SourceEntry])[] {
    const model = value as MessageValue;
    const nameField = fieldOf(model, "name");
    const name = this.#name(nameField, at, path);
    this.#checkPlatform(model, path);
    const logging = fieldOf(model, "logging_config");
    if (logging !== undefined) {
      this.#tell(logging.at, [...path, "logging_config"], "requests are not logged by this version; leave it out");
    }
    const entries = [...this.#basePath(model, at, path), ...this.#versions(model, path), ...this.#labels(model, path)];
    if (name === undefined) return [];
    return [[name, { keyAt: this.#at(nameField?.at ?? at), node: mappingOf(this.#at(at), entries) }]];
  }

  #name(field: FieldValue | undefined, at: Location, path: Path): string | undefined {
    const name = String(field?.value ?? "");
    if (name === "" || name === "__proto__") {
      this.#tell(field?.valueAt ?? at, [...path, "name"], `expected a name for the model, got ${name || "none"}`);
      return undefined;
    }
    const first = this.#named.get(name);
    if (first === undefined) {
      this.#named.set(name, field?.at ?? at);
      return name;
    }
    const message = `the name ${JSON.stringify(name)} stands twice, first in line ${first.line}; names must differ`;
    this.#tell(field?.valueAt ?? at, [...path, "name"], message);
    return undefined;
  }

  #checkPlatform(model: MessageValue, path: Path): void {
    const type = fieldOf(model, "model_type");
    const platform = fieldOf(model, "model_platform");
    if (type !== undefined && type.value !== "MODEL_TYPE_UNSPECIFIED") {
      if (platform !== undefined) {
        this.#tell(
          type.at,
          [...path, "model_type"],
          "expected model_platform alone, got model_type (deprecated) as well",
        );
      } else if (type.value !== "TENSORFLOW") {
        this.#tell(type.valueAt, [...path, "model_type"], `expected TENSORFLOW, got ${type.value}`);
      }
    }
    if (platform === undefined || platform.value === PLATFORM) return;
    const expected = `expected "${PLATFORM}", since the files of a model say what loads it`;
    this.#tell(platform.valueAt, [...path, "model_platform"], `${expected}, got ${JSON.stringify(platform.value)}`);
  }

  #basePath(model: MessageValue, at: Location, path: Path): readonly (readonly [string, SourceEntry])[] {
    const field = fieldOf(model, "base_path");
    const basePath = String(field?.value ?? "");
    if (field !== undefined && isAbsolute(basePath)) return [["path", this.#entry(field, basePath)]];
    const why = /^[a-z][a-z0-9+.-]*:\/\//i.test(basePath) ? "; other stores than folders are not served by flags" : "";
    const got = basePath === "" ? "none" : JSON.stringify(basePath);
    const message = `expected the absolute path of a folder, got ${got}${why}`;
    this.#tell(field?.valueAt ?? at, [...path, "base_path"], message);
    return [];
  }

  #versions(model: MessageValue, path: Path): readonly (readonly [string, SourceEntry])[] {
    const field = fieldOf(model, "model_version_policy");
    const [kind] = (field?.value as MessageValue | undefined)?.fields ?? [];
    if (field === undefined || kind === undefined) return [];
    const [name, [policy]] = kind;
    const value = policy?.value as MessageValue;
    if (name === "all") return [["versions", this.#entry(field, "all")]];
    if (name === "latest") {
      // 0 is what TensorFlow Serving takes for 1.
      const latest = Math.max(1, Number(fieldOf(value, "num_versions")?.value ?? 1));
      return [["versions", this.#entry(field, { latest })]];
    }
    const versions = value.fields.get("versions") ?? [];
    if (versions.length === 0) {
      this.#tell(field.at, [...path, "model_version_policy", name], "expected versions, as specific { versions: 1 }");
    }
    const items = versions.map(({ value, valueAt }) => treeOf(plainNumber(value), this.#at(valueAt)));
    return [["versions", { keyAt: this.#at(field.at), node: { kind: "list", at: this.#at(field.at), items } }]];
  }

  #labels(model: MessageValue, path: Path): readonly (readonly [string, SourceEntry])[] {
    const fields = model.fields.get("version_labels") ?? [];
    const [first] = fields;
    if (first === undefined) return [];
    const labels = new Map<string, SourceEntry>();
    for (const [index, { at, value }] of fields.entries()) {
      const entry = value as MessageValue;
      const label = String(fieldOf(entry, "key")?.value ?? "");
      const version = fieldOf(entry, "value");
      const labelPath = [...path, "version_labels", index];
      if (label === "" || label === "__proto__")
        this.#tell(at, labelPath, 'expected a label, as { key: "stable" value: 3 }');
      else if (labels.has(label))
        this.#tell(at, labelPath, `the label ${JSON.stringify(label)} stands twice; keep one of them`);
      else
        labels.set(label, {
          keyAt: this.#at(at),
          node: treeOf(plainNumber(version?.value ?? 0n), this.#at(version?.valueAt ?? at)),
        });
    }
    return [["labels", { keyAt: this.#at(first.at), node: mappingOf(this.#at(first.at), labels) }]];
  }

  #entry({ at, valueAt }: FieldValue, value: unknown): SourceEntry {
    return { keyAt: this.#at(at), node: treeOf(value, this.#at(valueAt)) };
  }

  #at(at: Location): Location {
    return { ...at, file: this.#file };
  }

  #tell(at: Location, path: Path, message: string): void {
    this.#faults.add(this.#at(at), path, message);
  }
}

/** As the configuration's own numbers: bigint only where a number would not be exact. */
function plainNumber(value: FieldValue["value"]): unknown {
  return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
