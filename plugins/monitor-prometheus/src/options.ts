import { z } from "zod";

export interface PrometheusOptions {
  /** Where Plinth's own metrics are; `false`: nowhere. */
  readonly path: string | false;
  /** Where the metrics are under TensorFlow Serving's names; absent: nowhere. */
  readonly tensorflowServingPath?: string | undefined;
  /** Where they are under Triton's names; absent: nowhere. */
  readonly tritonPath?: string | undefined;
}

const path = z.string().regex(/^(?:\/[A-Za-z0-9._~-]+)+$/, "Expected an absolute path of plain segments, as /metrics");

export const prometheusOptions: z.ZodType<PrometheusOptions> = z.strictObject({
  path: z
    .union([path, z.literal(false)])
    .default("/metrics")
    .describe("Where Plinth's own metrics are; false: nowhere. Default: /metrics"),
  tensorflowServingPath: path
    .optional()
    .describe("Where they are under TensorFlow Serving's names, as /monitoring/prometheus/metrics. Left out: nowhere."),
  tritonPath: path
    .optional()
    .describe("Where they are under Triton's names (nv_inference_*); may be the same as another. Left out: nowhere."),
});
