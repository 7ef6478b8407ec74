import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { median } from "../measure/statistics.mjs";
import { beside } from "../servers/server-process.mjs";
import { atLeast } from "../target.mjs";

export const inProcess = {
  title: "infer in process, a model that does nothing, one call after the other",

  async run({ rounds, seconds }) {
    const parameters = [beside("in-process.mjs"), rounds, seconds(1)].map(String);
    const { stdout } = await promisify(execFile)(process.execPath, parameters);
    const measured = JSON.parse(stdout);
    const perSecond = (key) => median(measured.map((round) => round[key]));
    return {
      tables: [
        {
          rows: [
            { name: "the model's own run", callsPerSecond: perSecond("alone") },
            { name: "ModelServer.infer", callsPerSecond: perSecond("served") },
          ],
        },
      ],
      targets: [atLeast("infer in process, calls/s", perSecond("served"), 1_000_000)],
    };
  },
};
