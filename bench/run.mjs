// One run: floors and figures, in turns. See README.md.
import { benchServing } from "./serving.mjs";
import { benchTensorJson } from "./tensor-json.mjs";

const serving = await benchServing();
const tensorJson = await benchTensorJson();

if (process.argv.includes("--json")) console.log(JSON.stringify({ serving, tensorJson }, null, 2));
else {
  console.log("\nThe digit perceptron (784-64-10), JSON over REST, 32 connections");
  console.table(serving);
  console.log("\nTensors from and to JSON: JSON.parse or JSON.stringify, and ours");
  console.table(tensorJson);
}
