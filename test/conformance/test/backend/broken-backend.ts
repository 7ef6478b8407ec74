import { LinearBackend, type LinearModel } from "./linear-backend.js";

/** A way to be wrong, and the case that must tell. */
export interface BrokenBackend {
  readonly fault: string;
  readonly create: new () => LinearBackend;
  readonly caughtBy: string;
}

/** A backend whose models are wrong. */
export function withModel(createModel: new (slope: number, offset: number) => LinearModel): new () => LinearBackend {
  return class extends LinearBackend {
    protected override createModel(slope: number, offset: number): LinearModel {
      return new createModel(slope, offset);
    }
  };
}
