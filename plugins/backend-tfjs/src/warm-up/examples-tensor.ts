import type { Tensor } from "@plinth/core";
import { Example } from "@plinth/protobuf-messages/tensorflow/example";
import type { Input } from "@plinth/protobuf-messages/tensorflow_serving/prediction_service";

/** The serialized examples of a request to classify or regress; each has the features of the context that they share. */
export function examplesTensor(input: Input | undefined): Tensor<"string"> {
  const kind = input?.kind;
  const examples = kind?.value.examples ?? [];
  const context = kind?.$case === "exampleListWithContext" ? [...(kind.value.context?.features?.feature ?? [])] : [];
  const data = examples.map((example) => {
    const feature = new Map([...context, ...(example.features?.feature ?? [])]);
    return Example.encode({ features: { feature } }).finish();
  });
  return { dtype: "string", shape: [data.length], data };
}
