import { EXECUTORS } from "../servers/plinth.mjs";
import { atLeast } from "../target.mjs";
import { besideLoops } from "./beside-loops.mjs";

export const medium = {
  title: "a convolutional network of 5 to 10 ms a run",

  async run(context) {
    const load = { file: context.file("medium"), executors: EXECUTORS, connections: 8, seconds: context.seconds(2) };
    const { tables, auto } = await besideLoops(context, load);
    return { tables, targets: [atLeast("medium, runs/s of the bare loop", auto.ofBareLoop, 0.9, "x")] };
  },
};
