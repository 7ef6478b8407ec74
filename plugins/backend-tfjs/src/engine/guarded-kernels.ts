import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu/dist/backend_cpu.js";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import {
  type DataTypeMap,
  getKernelsForBackend,
  type KernelConfig,
  type KernelFunc,
  type NamedTensorInfoMap,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
} from "@tensorflow/tfjs-core";
import { isTrusted } from "./trusted-kernels.js";

type KernelCall = Parameters<KernelFunc>[0];

/**
 * Puts before every kernel of the WASM backend a look at its inputs, and has the CPU's kernel take what it is not to be trusted with, and
 * what it does not have at all. Called once, before the backend is set up.
 */
export function guardWasmKernels(cpu: MathBackendCPU): void {
  const wasmKernels = new Map(getKernelsForBackend("wasm").map((config) => [config.kernelName, config]));
  for (const { kernelName, kernelFunc } of getKernelsForBackend("cpu")) {
    const onCpu: KernelFunc = (call) => runOnCpu(kernelFunc, call, cpu);
    const wasmKernel = wasmKernels.get(kernelName);
    if (wasmKernel === undefined) {
      registerKernel({ kernelName, backendName: "wasm", kernelFunc: onCpu });
    } else {
      unregisterKernel(kernelName, "wasm");
      registerKernel(guarded(wasmKernel, onCpu));
    }
  }
}

function guarded(config: KernelConfig, onCpu: KernelFunc): KernelConfig {
  const { kernelName, kernelFunc } = config;
  return {
    ...config,
    kernelFunc: (call) => (isTrusted(kernelName, call.inputs, call.attrs) ? kernelFunc(call) : onCpu(call)),
  };
}

function runOnCpu(
  kernel: KernelFunc,
  { inputs, attrs, backend }: KernelCall,
  cpu: MathBackendCPU,
): TensorInfo | TensorInfo[] {
  const wasm = backend as BackendWasm;
  const temporary: TensorInfo[] = [];
  try {
    const moved = movedInputs(inputs, ({ dataId, shape, dtype }) => {
      const info = cpu.makeTensorInfo(shape, dtype, wasm.readSync(dataId) as DataTypeMap["float32"]);
      temporary.push(info);
      return info;
    });
    const output = kernel({ inputs: moved, backend: cpu, ...(attrs !== undefined && { attrs }) });
    const results = Array.isArray(output) ? output : [output];
    temporary.push(...results);
    const back = results.map((result) => fromCpu(result, cpu, wasm));
    return Array.isArray(output) ? back : (back[0] as TensorInfo);
  } finally {
    for (const { dataId } of temporary) cpu.disposeData(dataId);
  }
}

/** Some kernels take a list of tensors, or lists among their inputs. */
function movedInputs(inputs: NamedTensorInfoMap, move: (input: TensorInfo) => TensorInfo): NamedTensorInfoMap {
  const each = (input: unknown): unknown => {
    if (Array.isArray(input)) return input.map(each);
    return input === undefined || input === null ? input : move(input as TensorInfo);
  };
  if (Array.isArray(inputs)) return each(inputs) as NamedTensorInfoMap;
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, each(input)])) as NamedTensorInfoMap;
}

function fromCpu({ dataId, shape, dtype }: TensorInfo, cpu: MathBackendCPU, wasm: BackendWasm): TensorInfo {
  return { dataId: wasm.write(exactly(dtype, cpu.readSync(dataId)), shape, dtype), shape, dtype };
}

/** The CPU backend keeps numbers in whatever array a kernel has made; WASM copies bytes. */
function exactly(
  dtype: string,
  values: ReturnType<MathBackendCPU["readSync"]>,
): ReturnType<MathBackendCPU["readSync"]> {
  switch (dtype) {
    case "float32":
      return values instanceof Float32Array ? values : Float32Array.from(values as Int32Array);
    case "int32":
      return values instanceof Int32Array ? values : Int32Array.from(values as Float32Array);
    case "bool":
      return values instanceof Uint8Array ? values : Uint8Array.from(values as Int32Array);
    default:
      return values;
  }
}
