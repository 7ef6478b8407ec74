// The bare `session.run` loop: threads that each have a session of one thread and run it as often as they can, for as many seconds as
// a message says. Answers with the runs a second.
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { InferenceSession, Tensor } from "onnxruntime-node";

if (isMainThread) await answerParent();
else await runWhenTold();

async function answerParent() {
  const [file, threads, rows] = process.argv.slice(2);
  const workers = Array.from({ length: Number(threads) }, () => {
    return new Worker(fileURLToPath(import.meta.url), { workerData: { file, rows: Number(rows) } });
  });
  await Promise.all(workers.map((worker) => once(worker, "message")));
  process.on("message", async (seconds) => {
    for (const worker of workers) worker.postMessage(seconds);
    const answers = await Promise.all(workers.map((worker) => once(worker, "message")));
    process.send(answers.reduce((sum, [perSecond]) => sum + perSecond, 0));
  });
  process.on("disconnect", () => process.exit());
  process.send("ready");
}

async function runWhenTold() {
  const { file, rows } = workerData;
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const image = new Tensor("float32", new Float32Array(rows * 784).fill(0.5), [rows, 784]);
  await session.run({ image });
  parentPort.on("message", async (seconds) => {
    const beganAtMs = performance.now();
    let runs = 0;
    for (; performance.now() < beganAtMs + seconds * 1000; runs++) await session.run({ image });
    parentPort.postMessage((runs / (performance.now() - beganAtMs)) * 1000);
  });
  parentPort.postMessage("ready");
}
