/** A version's folder that somebody reads. */
export interface HeldFolder {
  /** Where it was moved when the version was removed; `undefined` while it is where it was. */
  readonly movedTo: string | undefined;
  /** Whether the version was removed. */
  readonly retired: boolean;
  /** Once; further calls do nothing. */
  release(): Promise<void>;
}

interface Holding {
  holders: number;
  movedTo: string | undefined;
  /** Deletes the folder of a version that was removed. */
  discard: (() => Promise<void>) | undefined;
}

/** Counts who reads which folder in this process, so that a removed version is deleted after its last reader has gone. */
export class HeldFolders {
  readonly #holdings = new Map<string, Holding>();

  hold(folder: string): HeldFolder {
    const holding = this.#holdings.get(folder) ?? { holders: 0, movedTo: undefined, discard: undefined };
    this.#holdings.set(folder, holding);
    holding.holders++;
    let released = false;
    return {
      get movedTo() {
        return holding.movedTo;
      },
      get retired() {
        return holding.discard !== undefined;
      },
      release: async () => {
        if (released) return;
        released = true;
        holding.holders--;
        if (holding.holders > 0) return;
        if (holding.discard) await holding.discard();
        else this.#holdings.delete(folder);
      },
    };
  }

  /** Says that the version was removed and lies at `movedTo` now; `discard` is called when nobody reads it any more. */
  async retire(folder: string, movedTo: string, discard: () => Promise<void>): Promise<void> {
    const holding = this.#holdings.get(folder);
    if (holding === undefined) return discard();
    this.#holdings.delete(folder);
    holding.movedTo = movedTo;
    holding.discard = discard;
  }
}
