import { describe, expect, it } from "vitest";
import { checkFlags } from "../../src/tensorflow-serving/check-flags.js";
import { parseFlags } from "../../src/tensorflow-serving/parse-flags.js";

describe("flags", () => {
  it.each<[form: string, words: readonly string[]]>([
    ["two dashes and a =", ["--rest_api_port=8501", "--model_name=m", "--enable_batching"]],
    ["two dashes and a blank", ["--rest_api_port", "8501", "--model_name", "m", "--enable_batching", "true"]],
    ["one dash", ["-rest_api_port=8501", "-model_name", "m", "-enable_batching=1"]],
    ["the last of two", ["--rest_api_port=1", "--rest_api_port=8501", "--model_name=m", "--enable_batching=TRUE"]],
  ])("are read with %s", (_form, words) => {
    const { flags, faults } = parseFlags(words);
    expect(faults).toEqual([]);
    expect(flags.number("rest_api_port")).toBe(8501);
    expect(flags.text("model_name")).toBe("m");
    expect(flags.isOn("enable_batching")).toBe(true);
  });

  it.each(["--noenable_batching", "--enable_batching=false", "--enable_batching=0"])("are off with %s", (word) => {
    const { flags, faults } = parseFlags(["--enable_batching", word]);
    expect(faults).toEqual([]);
    expect(flags.isOn("enable_batching")).toBe(false);
  });

  it("take the next word only where it is theirs", () => {
    const { flags, faults } = parseFlags([
      "--enable_batching",
      "--model_name",
      "--port=1",
      "--file_system_poll_wait_seconds",
      "-1",
    ]);
    expect(flags.isOn("enable_batching")).toBe(true);
    expect(flags.number("file_system_poll_wait_seconds")).toBe(-1);
    expect(faults).toEqual(["--model_name: expected a value, got nothing"]);
  });

  it("have TensorFlow Serving's defaults", () => {
    const { flags } = parseFlags([]);
    expect(flags.text("model_name")).toBe("default");
    expect(flags.number("port")).toBe(8500);
    expect(flags.number("file_system_poll_wait_seconds")).toBe(1);
    expect(flags.isGiven("port")).toBe(false);
  });

  it("that are wrong are told all at once, with the nearest that there is", () => {
    const words = [
      "--rest-api-port=1",
      "--mdoel_name",
      "m",
      "--port=eighty",
      "--enable_batching=maybe",
      "config.yaml",
      "--nonsense",
    ];
    expect(parseFlags(words).faults).toEqual([
      '--rest-api-port: there is no such flag; did you mean "rest_api_port"?',
      '--mdoel_name: there is no such flag; did you mean "model_name"?',
      '--port: expected a whole number, got "eighty"',
      '--enable_batching: expected true or false, got "maybe"',
      '"config.yaml" is no flag; with TensorFlow Serving\'s flags there is nothing else',
      "--nonsense: there is no such flag",
    ]);
  });
});

describe("flags together", () => {
  const RIGHT = ["--port=0", "--rest_api_port=8501", "--model_base_path=/models/m"];
  const check = (...words: readonly string[]) => checkFlags(parseFlags([...RIGHT, ...words]).flags);

  it.each([
    ["--port=8500", "--rest_api_port=0"],
    ["--rest_api_port=0", "--grpc_socket_path=/run/s"],
  ])("say one place to listen at least: %s %s", (...words) => {
    expect(check(...words)).toEqual({ faults: [], warnings: [] });
  });

  it("that are right are told nothing", () => {
    expect(check()).toEqual({ faults: [], warnings: [] });
  });

  it.each<[words: readonly string[], fault: string]>([
    [["--model_base_path="], "--model_base_path and --model_config_file are both empty"],
    [["--batching_parameters_file=/b.txt"], "--batching_parameters_file means nothing without --enable_batching"],
    [["--rest_api_port=0"], "nothing would listen. Add --rest_api_port=8501 or --port=8500"],
    [["--port=8501"], "--port and --rest_api_port are both 8501"],
    [["--rest_api_port=65536"], "--rest_api_port: expected a port from 0 to 65535, got 65536"],
    [["--use_alts_credentials"], "--use_alts_credentials cannot be used here: "],
    [
      ["--grpc_channel_arguments=grpc.max_connection_age_ms=old"],
      '--grpc_channel_arguments: expected grpc.max_connection_age_ms=<number>, got "grpc.max_connection_age_ms=old"',
    ],
    [["--enable_per_model_batching_parameters"], "--enable_per_model_batching_parameters cannot be used here: "],
  ])("%s are refused", (words, fault) => {
    expect(check(...words).faults).toEqual([expect.stringContaining(fault)]);
  });

  it.each<[words: readonly string[], warning: string]>([
    [
      ["--grpc_channel_arguments=grpc.so_reuseaddr=1,grpc.max_connection_age_ms=2000,grpc.lb_policy_name=grpclb"],
      "grpc.so_reuseaddr, grpc.lb_policy_name mean nothing here",
    ],
    [["--num_load_threads=4", "--num_load_threads=5"], "--num_load_threads is ignored: "],
    [["--allow_version_labels_for_unavailable_models"], "--allow_version_labels_for_unavailable_models is ignored: "],
    [["--model_config_file=/m.txt"], "--model_base_path is ignored: --model_config_file says"],
  ])("%s are warned of once", (words, warning) => {
    expect(check(...words)).toEqual({ faults: [], warnings: [expect.stringContaining(warning)] });
  });

  it("that say what is so anyway are told nothing", () => {
    expect(
      check("--saved_model_tags=serve", "--nouse_alts_credentials", "--enable_model_warmup", "--num_load_threads=0"),
    ).toEqual({
      faults: [],
      warnings: [],
    });
  });
});
