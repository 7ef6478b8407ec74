import pLimit, { type LimitFunction } from "p-limit";
import type {
  ChangeOrigin,
  Deployment,
  DeploymentChange,
  DeploymentState,
  Deployments,
  HistoryQuery,
  PublishedVersion,
  RemoveModelOptions,
  Revision,
  RevisionAction,
} from "../../extension-points/deployments.js";
import type { IncomingFile, ModelStorage } from "../../extension-points/storage.js";
import { PlinthError } from "../../model/errors.js";
import { checkModelName } from "../../model/model-name.js";
import { type ModelVersion, newestFirst } from "../../model/model-version.js";
import type { ModelCatalog } from "../lifecycle/model-catalog.js";
import type { ServerEvents } from "../server-events.js";
import {
  type ChangeSurroundings,
  checkChange,
  checkCleared,
  checkRemoval,
  checkRollback,
  checkUnused,
} from "./check-change.js";
import { clearModel } from "./clear-model.js";
import { changedState, UNCHANGED, withoutRemoved } from "./deployment-state.js";
import type { ModelPlans } from "./model-plans.js";
import type { RevisionLog } from "./revision-log.js";

export interface LocalDeploymentsOptions {
  readonly plans: ModelPlans;
  readonly log: RevisionLog;
  readonly catalog: ModelCatalog;
  readonly storage: ModelStorage;
  readonly protectedLabels: readonly string[];
  readonly events: ServerEvents;
}

/** How often a change is decided anew because other servers were first, before it is given up. */
const MAX_ATTEMPTS = 20;

const MAX_WHO_CHARACTERS = 256;
const MAX_WHY_CHARACTERS = 2_048;
const MAX_HISTORY = 1_000;
const DEFAULT_HISTORY = 50;

const UNLOAD = { kind: "unload" } as const;

/** What a change makes of a model's state; throws where it cannot be. */
type Decision = (before: DeploymentState, surroundings: ChangeSurroundings) => DeploymentState;

/** The deployments of the server that runs in this process. Changes come one after the other. */
export class LocalDeployments implements Deployments {
  readonly #options: LocalDeploymentsOptions;
  readonly #oneByOne: LimitFunction = pLimit(1);

  constructor(options: LocalDeploymentsOptions) {
    this.#options = options;
  }

  deployment(model: string): Deployment | undefined {
    const { plans, catalog } = this.#options;
    const stored = catalog.stored(model);
    if (stored === undefined && !plans.isKnown(model)) return undefined;
    const versions = (stored?.versions ?? []).map(({ version }) => version);
    return { ...plans.plan(model), stored: versions.sort(newestFirst) };
  }

  models(): readonly string[] {
    return [...new Set([...this.#options.plans.knownNames(), ...this.#options.catalog.storedNames()])].sort();
  }

  change(model: string, change: DeploymentChange, origin: ChangeOrigin): Promise<Revision> {
    return this.#decide(model, change, origin, (before, surroundings) => {
      checkChange(change, surroundings);
      return changedState(before, change);
    });
  }

  rollback(model: string, to: number, origin: ChangeOrigin): Promise<Revision> {
    return this.#decide(model, { kind: "rollback", to }, origin, (before, surroundings) => {
      const { log } = this.#options;
      const after = to >= 0 && to <= log.newest ? log.stateAt(model, to) : undefined;
      if (after === undefined) throw revisionNotFound(to, log.newest);
      checkRollback(before, after, surroundings);
      return after;
    });
  }

  revision(revision: number): Revision {
    const { log } = this.#options;
    const found = log.get(revision);
    if (found === undefined) throw revisionNotFound(revision, log.newest);
    return found;
  }

  history({ model, before, limit = DEFAULT_HISTORY }: HistoryQuery = {}): readonly Revision[] {
    return this.#options.log
      .newestFirst()
      .filter((each) => model === undefined || each.model === model)
      .filter(({ revision }) => before === undefined || revision < before)
      .slice(0, Math.min(limit, MAX_HISTORY));
  }

  async publish(
    model: string,
    version: ModelVersion | undefined,
    files: AsyncIterable<IncomingFile> | Iterable<IncomingFile>,
    origin: ChangeOrigin,
  ): Promise<PublishedVersion> {
    checkOrigin(origin);
    checkModelName(model);
    const { storage, catalog } = this.#options;
    this.#checkExpected(model, origin);
    const number = version ?? nextVersion(this.deployment(model)?.stored ?? []);
    const stored = await storage.publish(model, number, files, { signal: origin.signal });
    await catalog.refresh();
    const action = { kind: "publish", version: number } as const;
    return { stored, revision: await this.#decide(model, action, afterwards(origin), (before) => before) };
  }

  async remove(model: string, version: ModelVersion, origin: ChangeOrigin): Promise<Revision> {
    checkOrigin(origin);
    const { storage, catalog } = this.#options;
    const deployment = this.#known(model);
    this.#checkExpected(model, origin);
    checkUnused(version, deployment);
    await storage.remove(model, version, { signal: origin.signal });
    const action = { kind: "remove", version } as const;
    const removed = await this.#decide(model, action, afterwards(origin), (before) => withoutRemoved(before, version));
    await catalog.refresh();
    return removed;
  }

  async removeModel(
    model: string,
    origin: ChangeOrigin,
    { force = false }: RemoveModelOptions = {},
  ): Promise<Revision> {
    checkOrigin(origin);
    const { plans, storage, catalog } = this.#options;
    const deployment = this.#known(model);
    this.#checkExpected(model, origin);
    checkRemoval(this.#surroundings(deployment, origin), force);
    // Where this breaks off, the model is known by this revision, and what is left of it is not served.
    if (plans.state(model).served !== false)
      await this.#decide(model, UNLOAD, origin, (before) => changedState(before, UNLOAD));
    await clearModel(storage, model, deployment.stored, origin.signal);
    await catalog.refresh();
    return this.#decide(model, { kind: "remove" }, afterwards(origin), (_before, surroundings) => {
      checkCleared(surroundings);
      return UNCHANGED;
    });
  }

  /** Reads what was changed before, and from now on what other servers over the same storage change. Before the catalogue starts. */
  async start(signal: AbortSignal): Promise<void> {
    const { log, catalog } = this.#options;
    for (const revision of await log.load(signal)) this.#plan(revision);
    catalog.beforeEachLook((each) => this.#oneByOne(() => this.#follow(each)));
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for (const revision of await this.#options.log.follow(signal)) this.#bringAbout(revision);
  }

  #bringAbout(revision: Revision): void {
    const { catalog, events } = this.#options;
    this.#plan(revision);
    catalog.replan(revision.model);
    if (revision.action.kind === "load") catalog.load(revision.model, revision.action.version);
    events.emit({ type: "deployment-changed", revision });
  }

  #plan({ model, action, after, revision }: Revision): void {
    const { plans } = this.#options;
    if (action.kind === "remove" && action.version === undefined) plans.remove(model, revision);
    else plans.change(model, after, revision);
  }

  #decide(model: string, action: RevisionAction, origin: ChangeOrigin, decision: Decision): Promise<Revision> {
    return this.#oneByOne(async () => {
      checkOrigin(origin);
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.#append(model, action, origin, decision);
        } catch (thrown) {
          if (PlinthError.from(thrown).reason !== "RECORD_CONFLICT" || attempt === MAX_ATTEMPTS) throw thrown;
          await this.#follow(origin.signal);
        }
      }
    });
  }

  async #append(model: string, action: RevisionAction, origin: ChangeOrigin, decision: Decision): Promise<Revision> {
    const { plans, log } = this.#options;
    const deployment = this.#known(model);
    this.#checkExpected(model, origin);
    const before = plans.state(model);
    const after = decision(before, this.#surroundings(deployment, origin));
    const { who, why } = origin;
    const change = { model, action, who, ...(why !== undefined && { why }), atMs: Date.now(), before, after };
    const revision = await log.append(change, origin.signal);
    this.#bringAbout(revision);
    return revision;
  }

  #surroundings(deployment: Deployment, { why }: ChangeOrigin): ChangeSurroundings {
    const { catalog, protectedLabels } = this.#options;
    const versions = catalog.status(deployment.model)?.versions ?? [];
    return {
      deployment,
      statuses: new Map(versions.map((status) => [status.version, status])),
      protectedLabels,
      why,
    };
  }

  #known(model: string): Deployment {
    const deployment = this.deployment(model);
    if (deployment !== undefined) return deployment;
    throw new PlinthError(
      "MODEL_NOT_FOUND",
      `There is no model ${JSON.stringify(model.slice(0, 256))}, neither configured nor in the storage; publish a version of it first`,
    );
  }

  #checkExpected(model: string, { expected }: ChangeOrigin): void {
    const revision = this.deployment(model)?.revision ?? 0;
    if (expected === undefined || expected === revision) return;
    throw new PlinthError(
      "REVISION_CONFLICT",
      `Model ${model} is at revision ${revision}, not at ${expected} on which the change was decided; read it again`,
      { details: { model, revision, expected } },
    );
  }
}

/** For what has already happened and is only to be written down, also where the client has gone meanwhile. */
function afterwards({ who, why }: ChangeOrigin): ChangeOrigin {
  return { who, why, signal: new AbortController().signal };
}

function nextVersion([newest = 0n]: readonly ModelVersion[]): ModelVersion {
  return newest + 1n;
}

function checkOrigin({ who, why }: ChangeOrigin): void {
  if (who.trim() === "" || who.length > MAX_WHO_CHARACTERS) {
    throw new PlinthError(
      "CHANGE_INVALID",
      `Expected who makes the change in 1 to ${MAX_WHO_CHARACTERS} characters, got ${who.length}`,
    );
  }
  if (why !== undefined && why.length > MAX_WHY_CHARACTERS) {
    throw new PlinthError(
      "CHANGE_INVALID",
      `Expected the reason in at most ${MAX_WHY_CHARACTERS} characters, got ${why.length}`,
    );
  }
}

function revisionNotFound(revision: number, newest: number): PlinthError {
  return new PlinthError(
    "REVISION_NOT_FOUND",
    `The history has no revision ${revision} (any more); the newest is ${newest}, see the history for those that there are`,
    { details: { revision } },
  );
}
