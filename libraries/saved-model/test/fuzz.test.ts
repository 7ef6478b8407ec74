import { readSavedModel, SavedModelError } from "@plinth/saved-model";
import { describe, expect, it } from "vitest";
import { TemporaryFolder } from "./temporary-folder.js";
import { faultsOf, filesOf, MODEL_NAMES, pseudoRandom } from "./test-models.js";

/** Damaged copies of each model. PLINTH_FUZZ_ROUNDS=20000 is for a night. */
const ROUNDS = Number(process.env.PLINTH_FUZZ_ROUNDS ?? 17);

/** For busy machines, and nights. */
const TIMEOUT_MS = 60_000 + ROUNDS * 1000;

/** Far more than a damaged copy of models this small may make of itself. */
const LIMITS = { maxNodes: 20_000, maxExpandedBytes: 2 ** 24, maxVariableBytes: 2 ** 24 };

type Random = (end: number) => number;

const DAMAGES: readonly ((bytes: Uint8Array, random: Random) => Uint8Array)[] = [
  function truncated(bytes, random) {
    return bytes.subarray(0, random(bytes.length));
  },
  function flipped(bytes, random) {
    const copy = Uint8Array.from(bytes);
    const at = random(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << random(8));
    return copy;
  },
  function overwritten(bytes, random) {
    const copy = Uint8Array.from(bytes);
    for (let count = 1 + random(6); count > 0; count--) {
      copy[random(copy.length)] = [0, 0x7f, 0x80, 0xff][random(4)] ?? 0;
    }
    return copy;
  },
  function inserted(bytes, random) {
    const at = random(bytes.length);
    const more = Uint8Array.from({ length: 1 + random(12) }, () => random(256));
    return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
  },
  function moved(bytes, random) {
    const copy = Uint8Array.from(bytes);
    const length = random(64);
    const from = random(Math.max(1, copy.length - length));
    copy.copyWithin(random(copy.length), from, from + length);
    return copy;
  },
  function swapped(bytes, random) {
    return swapNames(bytes, random);
  },
];

/** Names of nodes and functions in the place of others: cycles, recursion and inputs that are not there. */
function swapNames(bytes: Uint8Array, random: Random): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  const names = [...text.matchAll(/[\w/]{6,40}/g)].map(([name]) => name);
  const from = names[random(names.length)] ?? "";
  const others = names.filter((name) => name.length === from.length);
  return Buffer.from(text.replaceAll(from, others[random(others.length)] ?? from), "latin1");
}

describe.each(MODEL_NAMES)("damaged copies of %s", (model) => {
  it(
    "are read or refused for a reason, and leave no graph that does not hang together",
    async () => {
      await using folder = await TemporaryFolder.create();
      const files = filesOf(model);
      const random = pseudoRandom(model.length * 7919 + 1);
      for (let round = 0; round < ROUNDS; round++) {
        const names = Object.keys(files).filter((each) => round % 2 === 1 || each === "saved_model.pb");
        const name = names[random(names.length)] as string;
        const damage = DAMAGES[random(DAMAGES.length)] as (typeof DAMAGES)[number];
        await folder.write({ ...files, [name]: damage(files[name] as Uint8Array, random) });
        try {
          const { signatures, callables } = await readSavedModel(folder.path, { limits: LIMITS, callables: true });
          const graphs = [...signatures.values(), ...callables.map(({ signature }) => signature)];
          expect(graphs.flatMap(faultsOf), `round ${round}, ${damage.name} ${name}`).toEqual([]);
        } catch (error) {
          if (!(error instanceof SavedModelError)) {
            throw new Error(`round ${round}, ${damage.name} ${name}`, { cause: error });
          }
        }
      }
    },
    TIMEOUT_MS,
  );
});
