import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { faultsOf, fileOf, readFlags } from "./read-flags.js";

const UPSTREAM = fileURLToPath(
  new URL("../../../../shared/testdata/tensorflow_serving/servables/tensorflow/testdata", import.meta.url),
);

async function read(text: string) {
  return (await readFlags(`--model_config_file=${await fileOf(text)}`)).models ?? new Map();
}

async function faults(text: string): Promise<readonly string[]> {
  return faultsOf(readFlags(`--model_config_file=${await fileOf(text)}`));
}

/** A list of one model with these lines. */
const model = (...lines: readonly string[]) =>
  `model_config_list {\n  config {\n${lines.map((line) => `    ${line}\n`).join("")}  }\n}\n`;

describe("a ModelServerConfig", () => {
  it("names models, where they lie, their versions and labels", async () => {
    const models = await read(`# two models
model_config_list: {
  config: {
    name: "half_plus_two", base_path: "/models/half/two", model_platform: "tensorflow"
    model_version_policy { specific { versions: 123 versions: 9223372036854775807 } }
    version_labels { key: "stable" value: 123 }
    version_labels { key: "canary" value: 9223372036854775807 }
  },
  config: <name: "every" base_path: "/m/e" model_version_policy: { all: {} }>
  config { name: "newest" base_path: "/m/n" }
  config { name: "two" base_path: "/m/t" model_version_policy { latest { num_versions: 2 } } }
  config { name: "one" base_path: "/m/o" model_version_policy { latest { num_versions: 0 } } }
}
`);
    expect([...models].map(([name, { path, versions }]) => [name, path, versions])).toEqual([
      ["half_plus_two", "/models/half/two", { kind: "specific", versions: [123n, 9223372036854775807n] }],
      ["every", "/m/e", { kind: "all" }],
      ["newest", "/m/n", undefined],
      ["two", "/m/t", { kind: "latest", count: 2 }],
      ["one", "/m/o", { kind: "latest", count: 1 }],
    ]);
    expect([...(models.get("half_plus_two")?.labels ?? [])]).toEqual([
      ["stable", 123n],
      ["canary", 9223372036854775807n],
    ]);
  });

  it("pins what it says, at its own lines", async () => {
    const file = await fileOf(
      model('name: "m"', 'base_path: "/m"', "model_version_policy { all {} }", 'version_labels { key: "a" value: 1 }'),
    );
    const config = await readFlags(`--model_config_file=${file}`);
    const pins = [...(config.models?.get("m")?.pins ?? [])].map(
      ([what, at]) => `${what} ${basename(at.file)}:${at.line}:${at.column}`,
    );
    expect(pins).toEqual([
      "served models.txt:3:5",
      "path models.txt:4:5",
      "versions models.txt:5:5",
      "labels.a models.txt:6:5",
    ]);
  });

  it("may name no model", async () => {
    expect((await read("")).size).toBe(0);
    expect((await read("model_config_list {}")).size).toBe(0);
  });

  it.each<[what: string, lines: readonly string[], fault: string]>([
    [
      "an empty name",
      ['name: ""', 'base_path: "/m"'],
      "3:11: model_config_list.config[0].name: expected a name for the model, got none",
    ],
    ["no name", ['base_path: "/m"'], "2:3: model_config_list.config[0].name: expected a name for the model, got none"],
    [
      "a name that cannot be",
      ['name: "a/b"', 'base_path: "/m"'],
      '3:5: models["a/b"]: expected a name of 1 to 255 bytes',
    ],
    [
      "no path",
      ['name: "m"'],
      "2:3: model_config_list.config[0].base_path: expected the absolute path of a folder, got none",
    ],
    [
      "an empty path",
      ['name: "m"', 'base_path: ""'],
      "4:16: model_config_list.config[0].base_path: expected the absolute path",
    ],
    [
      "a relative path",
      ['name: "m"', 'base_path: "models/m"'],
      '4:16: model_config_list.config[0].base_path: expected the absolute path of a folder, got "models/m"',
    ],
    [
      "a bucket",
      ['name: "m"', 'base_path: "gs://b/m"'],
      'got "gs://b/m"; other stores than folders are not served by flags',
    ],
    [
      "an unknown platform",
      ['name: "m"', 'base_path: "/m"', 'model_platform: "caffe"'],
      '5:21: model_config_list.config[0].model_platform: expected "tensorflow"',
    ],
    [
      "type and platform",
      ['name: "m"', 'base_path: "/m"', "model_type: TENSORFLOW", 'model_platform: "tensorflow"'],
      "5:5: model_config_list.config[0].model_type: expected model_platform alone",
    ],
    [
      "another type",
      ['name: "m"', 'base_path: "/m"', "model_type: OTHER"],
      "5:17: model_config_list.config[0].model_type: expected TENSORFLOW, got OTHER",
    ],
    [
      "request logging",
      ['name: "m"', 'base_path: "/m"', "logging_config {}"],
      "5:5: model_config_list.config[0].logging_config: requests are not logged",
    ],
    [
      "no version",
      ['name: "m"', 'base_path: "/m"', "model_version_policy { specific {} }"],
      "5:5: model_config_list.config[0].model_version_policy.specific: expected versions",
    ],
    [
      "a negative version",
      ['name: "m"', 'base_path: "/m"', "model_version_policy { specific { versions: -1 } }"],
      "5:49: models.m.versions[0]: expected a version",
    ],
    [
      "two policies",
      ['name: "m"', 'base_path: "/m"', "model_version_policy { all {} latest {} }"],
      "5:35: model_config_list.config[0].model_version_policy.latest: only one of latest, all, specific may be set",
    ],
    [
      "an unlisted label",
      [
        'name: "m"',
        'base_path: "/m"',
        "model_version_policy { specific { versions: 1 } }",
        'version_labels { key: "a" value: 2 }',
      ],
      "6:38: models.m.labels.a: expected a version that `versions` lists",
    ],
    [
      "an empty label",
      ['name: "m"', 'base_path: "/m"', "version_labels { value: 2 }"],
      "5:5: model_config_list.config[0].version_labels[0]: expected a label",
    ],
    [
      "a label that is a number",
      ['name: "m"', 'base_path: "/m"', 'version_labels { key: "2" value: 2 }'],
      "expected a name that is no number",
    ],
    [
      "a misspelt field",
      ['name: "m"', 'base_path: "/m"', 'model_platfrom: "tensorflow"'],
      '5:5: model_config_list.config[0].model_platfrom: ModelConfig has no field "model_platfrom"; did you mean "model_platform"?',
    ],
    [
      "a value of another type",
      ['name: "m"', "base_path: 7"],
      "4:16: model_config_list.config[0].base_path: expected a string in quotes, got 7",
    ],
  ])("with %s is refused with its place", async (_what, lines, fault) => {
    expect((await faults(model(...lines))).join("\n")).toContain(fault);
  });

  it("tells all that is wrong at once, in the order of the file", async () => {
    const text = `model_config_list {
  config { name: "a" base_path: "a" }
  config { name: "a" base_path: "/b" }
  config { name: "c" base_path: "/c" model_platform: "other" colour: "red" }
}
`;
    expect(await faults(text)).toEqual([
      expect.stringMatching(/^models\.txt:2:33: .*absolute path of a folder, got "a"/),
      expect.stringMatching(/^models\.txt:3:18: .*the name "a" stands twice, first in line 2/),
      expect.stringMatching(/^models\.txt:4:54: .*expected "tensorflow".* got "other"/),
      expect.stringMatching(/^models\.txt:4:62: .*no field "colour"/),
    ]);
  });

  it("is refused where it is custom, is not of the format, or cannot be read", async () => {
    expect(await faults('custom_model_config { type_url: "x" }')).toEqual([
      expect.stringContaining("1:1: custom_model_config: custom"),
    ]);
    expect(await faults("improperly formatted file")).toEqual([
      "models.txt:1:12: Error parsing text-format tensorflow.serving.ModelServerConfig: " +
        'expected ":" or a message after improperly, got "formatted"',
    ]);
    expect(await faultsOf(readFlags("--model_config_file=/missing/models.txt"))).toEqual([
      expect.stringMatching(/^models\.txt:1:1: cannot be read: ENOENT/),
    ]);
  });
});

describe("TensorFlow Serving's own files (skipped where the folder shared/ does not lie beside the project)", () => {
  it.skipIf(!existsSync(UPSTREAM))("H09, H10 are read, and the bad one is refused", async () => {
    const good = (await readFile(join(UPSTREAM, "good_model_config.txt"), "utf8")).replaceAll(
      /\$\{\w+\}/g,
      "/models/m",
    );
    expect([...(await read(good)).keys()]).toEqual(["half_plus_two", "half_plus_three"]);
    expect(await faultsOf(readFlags(`--model_config_file=${join(UPSTREAM, "bad_model_config.txt")}`))).toHaveLength(1);
    const batching = `--batching_parameters_file=${join(UPSTREAM, "batching_config.txt")}`;
    const { models } = await readFlags("--model_base_path=/m", "--enable_batching", batching);
    expect(models?.get("default")).toMatchObject({ batching: { maxBatchSize: 128 }, execution: { instances: 8 } });
  });
});
