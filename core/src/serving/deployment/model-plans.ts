import type { DeploymentState } from "../../extension-points/deployments.js";
import type { ModelDescription } from "../../extension-points/model-description.js";
import type { LoadingMode } from "../../extension-points/server-settings.js";
import { UNCHANGED } from "./deployment-state.js";
import { type ConfiguredModel, type ModelPlan, planModel } from "./model-plan.js";

interface ChangedModel {
  readonly state: DeploymentState;
  readonly revision: number;
  /** It was removed, and nothing was said of it since. */
  readonly isRemoved?: boolean;
}

const NEVER_CHANGED: ChangedModel = { state: UNCHANGED, revision: 0 };

/** What is to run, of all models: the configuration, the newest state of each model, and what describes it. */
export class ModelPlans {
  readonly #changed = new Map<string, ChangedModel>();
  readonly #described = new Map<string, ModelDescription>();
  /** Made when first asked for, since every request that names a label asks. */
  readonly #plans = new Map<string, ModelPlan>();
  readonly #defaultLoading: LoadingMode;
  #configured: ReadonlyMap<string, ConfiguredModel> | undefined;

  /**
   * @param configured `undefined`: every model of the storage, with the defaults
   * @param defaultLoading of models about which nothing is said
   */
  constructor(configured: ReadonlyMap<string, ConfiguredModel> | undefined, defaultLoading: LoadingMode = "eager") {
    this.#configured = configured;
    this.#defaultLoading = defaultLoading;
  }

  /** Another configuration from now on. */
  configure(configured: ReadonlyMap<string, ConfiguredModel> | undefined): void {
    this.#configured = configured;
    this.#plans.clear();
  }

  configuredNames(): readonly string[] {
    return [...(this.#configured?.keys() ?? [])];
  }

  /** Models of which anybody said anything: the configuration, or a change at run time. */
  knownNames(): readonly string[] {
    const changed = [...this.#changed].flatMap(([model, { isRemoved }]) => (isRemoved ? [] : model));
    return [...new Set([...this.configuredNames(), ...changed])];
  }

  isConfigured(model: string): boolean {
    return this.#configured?.has(model) === true;
  }

  /** Whether anybody said anything of the model: the configuration, or a change at run time. */
  isKnown(model: string): boolean {
    return this.isConfigured(model) || (this.#changed.has(model) && !this.isRemoved(model));
  }

  /** Whether it was removed as a whole, and nothing was said of it since. */
  isRemoved(model: string): boolean {
    return this.#changed.get(model)?.isRemoved === true;
  }

  plan(model: string): ModelPlan {
    const made = this.#plans.get(model);
    if (made !== undefined) return made;
    const changed = this.#changed.get(model) ?? NEVER_CHANGED;
    const defaults = { served: this.#configured === undefined, loading: this.#defaultLoading };
    const description = this.#described.get(model);
    const plan = planModel(model, this.#configured?.get(model), description, defaults, changed);
    if (this.isKnown(model) || description !== undefined) this.#plans.set(model, plan);
    return plan;
  }

  /** What was changed of a model at run time. */
  state(model: string): DeploymentState {
    return (this.#changed.get(model) ?? NEVER_CHANGED).state;
  }

  /** What a file beside the model says of it; `undefined`: there is none any more. */
  describe(model: string, description: ModelDescription | undefined): void {
    if (description === undefined) this.#described.delete(model);
    else this.#described.set(model, description);
    this.#plans.delete(model);
  }

  change(model: string, state: DeploymentState, revision: number): void {
    this.#changed.set(model, { state, revision });
    this.#plans.delete(model);
  }

  /** A model was removed as a whole: what comes under its name later begins anew, with this revision. */
  remove(model: string, revision: number): void {
    this.#changed.set(model, { state: UNCHANGED, revision, isRemoved: true });
    this.#plans.delete(model);
  }
}
