import { EXECUTORS } from "../servers/plinth.mjs";
import { atLeast, below } from "../target.mjs";
import { besideLoops } from "./beside-loops.mjs";

export const heavy = {
  title: "a convolutional network of 50 to 80 ms a run",

  async run(context) {
    const executors = EXECUTORS.filter((executor) => executor !== "inline");
    const load = { file: context.file("heavy"), executors, connections: 4, seconds: context.seconds(4) };
    const { tables, auto } = await besideLoops(context, load);
    return {
      tables,
      targets: [
        atLeast("heavy, runs/s of the bare loop", auto.ofBareLoop, 0.97, "x"),
        below("heavy, event loop delay p99, ms", auto.eventLoopDelayP99Ms, 10),
      ],
    };
  },
};
