import { type FixedSettings, LOG_SETTINGS, refuseChanges, TRACE_SETTINGS } from "@plinth/open-inference";
import { GRPCInferenceServiceDefinition } from "@plinth/protobuf-messages/inference/grpc_service";
import { type Method, unaryMethod } from "../calls/service.js";
import type { Surroundings } from "../surroundings.js";
import { checkManager } from "./repository.js";

const { methods } = GRPCInferenceServiceDefinition;

/** `TraceSetting` and `LogSettings`. */
export function settingMethods(surroundings: Surroundings): readonly (readonly [string, Method])[] {
  const trace = unaryMethod(methods.traceSetting, ({ settings }, caller) => {
    // A value of none asks for the default.
    const wanted = [...settings].map(
      ([name, { value }]) => [name, value.length === 0 ? null : traceValue(name, value)] as const,
    );
    if (wanted.length > 0) checkManager(caller, surroundings);
    refuseChanges(TRACE_SETTINGS, wanted);
    return { settings: mapped(TRACE_SETTINGS, (value) => ({ value: [value].flat().map(String) })) };
  });
  const log = unaryMethod(methods.logSettings, ({ settings }, caller) => {
    const wanted = [...settings].map(([name, { parameterChoice }]) => [name, parameterChoice?.value ?? null] as const);
    if (wanted.length > 0) checkManager(caller, surroundings);
    refuseChanges(LOG_SETTINGS, wanted);
    return { settings: mapped(LOG_SETTINGS, (value) => ({ parameterChoice: choiceOf(value) })) };
  });
  return [
    [methods.traceSetting.name, trace],
    [methods.logSettings.name, log],
  ];
}

type SettingValue = FixedSettings["values"][string];

/** Lists stay lists; others come as lists of one. */
function traceValue(name: string, value: readonly string[]): unknown {
  return Array.isArray(TRACE_SETTINGS.values[name]) ? value : value.join();
}

function mapped<Value>({ values }: FixedSettings, toValue: (value: SettingValue) => Value): Map<string, Value> {
  return new Map(Object.entries(values).map(([name, value]) => [name, toValue(value)]));
}

function choiceOf(value: SettingValue) {
  switch (typeof value) {
    case "boolean":
      return { $case: "boolParam", value } as const;
    case "number":
      return { $case: "uint32Param", value } as const;
    default:
      return { $case: "stringParam", value: String(value) } as const;
  }
}
