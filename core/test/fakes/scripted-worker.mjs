import { parentPort } from "node:worker_threads";

// A worker thread that says of its model what the boot message tells it to, and answers runs with their own inputs.
let script;
parentPort.on("message", ({ type, data, id, tensors }) => {
  if (type === "boot") script = data;
  else if (type === "load")
    parentPort.postMessage({ type: "loaded", signatures: script.signatures, report: script.report });
  else if (type === "run") parentPort.postMessage({ type: "ran", id, tensors, computeMs: script.report.runMs ?? 0 });
  else parentPort.close();
});
