import type { ModelVersion } from "../model/model-version.js";
import type { IncomingFile, StoredVersion } from "./storage.js";
import { createToken, type Token } from "./token.js";

/**
 * What people change while the server runs: labels, traffic, which versions are loaded. Each change is one numbered revision
 * in the storage's records, written before it takes effect, so that nothing is lost when the process is killed. Several
 * servers over one storage see each other's revisions with their next look into it.
 *
 * What `config.yaml` says of a model wins: a change to it is refused with `PINNED_BY_CONFIG` and the line that pins it.
 *
 * For every method that changes something: `MODEL_NOT_FOUND` where the model is neither configured, nor in the storage, nor
 * deployed before; `REVISION_CONFLICT` where {@link ChangeOrigin.expected} is not the model's revision any more;
 * `CHANGE_INVALID` for what can never be. Nothing is written in any of these cases.
 */
export interface Deployments {
  /** Every model that is configured, in the storage, or was changed, by name. */
  models(): readonly string[];

  /** What is to run of a model; `undefined` where nothing is known of it. */
  deployment(model: string): Deployment | undefined;

  /**
   * Writes one change as a new revision and applies it. Settles when it is durable and in effect for new requests; loads that
   * it asks for go on.
   *
   * @throws PlinthError `LABEL_PROTECTED` without a reason; `LABEL_NOT_FOUND`; `VERSION_NOT_FOUND`; `VERSION_NOT_AVAILABLE`
   * for a label to a version that is not in service, unless asked for; `VERSION_IN_USE` where a label or the traffic still
   * needs the version.
   */
  change(model: string, change: DeploymentChange, origin: ChangeOrigin): Promise<Revision>;

  /**
   * Puts a model back to what it was right after revision `to`, as a new revision. `to` may be any revision of the log, also
   * one of another model: each is a point in time; 0 is before the first.
   *
   * @throws PlinthError `REVISION_NOT_FOUND`; `VERSION_NOT_FOUND` where a version that it needs is no longer in the storage.
   */
  rollback(model: string, to: number, origin: ChangeOrigin): Promise<Revision>;

  /** @throws PlinthError `REVISION_NOT_FOUND` */
  revision(revision: number): Revision;

  /** Revisions, newest first. */
  history(query?: HistoryQuery): readonly Revision[];

  /**
   * Adds a version to the storage and writes that into the history. Without a number it gets the one after the highest.
   *
   * @throws PlinthError as `ModelStorage.publish`
   */
  publish(
    model: string,
    version: ModelVersion | undefined,
    files: AsyncIterable<IncomingFile> | Iterable<IncomingFile>,
    origin: ChangeOrigin,
  ): Promise<PublishedVersion>;

  /**
   * Takes a version out of the storage and writes that into the history.
   *
   * @throws PlinthError `VERSION_NOT_FOUND`; `VERSION_IN_USE` where a label or the traffic needs it.
   */
  remove(model: string, version: ModelVersion, origin: ChangeOrigin): Promise<Revision>;

  /**
   * Takes a model out of the storage, with all its versions and what lies beside them, and forgets labels, traffic and all else that was changed of
   * it; the history stays. It is unloaded first, in a revision of its own: where this breaks off, what is left is not served, and asking
   * again goes on. A model of that name that is published later begins anew.
   *
   * @throws PlinthError `MODEL_IN_USE` for a model that is served, unless `force`; or where a version was added meanwhile; `LABEL_PROTECTED`
   * where it has such a label and there is no reason
   */
  removeModel(model: string, origin: ChangeOrigin, options?: RemoveModelOptions): Promise<Revision>;
}

export interface RemoveModelOptions {
  /** Also a model that is served. Default: it has to be unloaded before. */
  readonly force?: boolean | undefined;
}

/** The deployments of this server. */
export const Deployments: Token<Deployments> = createToken<Deployments>("Deployments");

/** Which of a model's versions are to be served (TensorFlow Serving's `ServableVersionPolicy`). */
export type VersionPolicy =
  /** The `count` newest. */
  | { readonly kind: "latest"; readonly count: number }
  | { readonly kind: "all" }
  /** These, as far as they exist. */
  | { readonly kind: "specific"; readonly versions: readonly ModelVersion[] };

/** How requests that name neither a version nor a label are shared out. */
export interface TrafficRules {
  /**
   * Weights, above 0 and up to 1,000,000, by target: a version's number in decimal, else a label. Only their ratios count. A
   * target that is not available leaves its share to the others. Empty: the newest available version gets all.
   */
  readonly split: ReadonlyMap<string, number>;
  /**
   * Requests with equal values of this HTTP header (gRPC metadata alike; lower case) go to the same target as long as the
   * weights stay. A request without it goes anywhere.
   */
  readonly stickyBy?: string | undefined;
  readonly shadow?: ShadowRule | undefined;
}

/** Mirrors requests to another version, compares its answers with those that clients got, and drops them. */
export interface ShadowRule {
  /** A version's number in decimal, else a label. */
  readonly to: string;
  /** Share of the requests, above 0 up to 100. */
  readonly percent: number;
}

/** What was changed of one model at run time; what is absent is as configured. */
export interface DeploymentState {
  /** Whether it is served at all. */
  readonly served?: boolean | undefined;
  readonly versions?: VersionPolicy | undefined;
  /** Served besides those that the policy asks for. */
  readonly loaded: readonly ModelVersion[];
  /** Not served, as if the storage had not got them. */
  readonly unloaded: readonly ModelVersion[];
  readonly labels: ReadonlyMap<string, ModelVersion>;
  readonly traffic?: TrafficRules | undefined;
}

/** What is to run of one model: the configuration and what was changed since, put together. */
export interface Deployment {
  readonly model: string;
  /** The newest revision of this model; 0 where there is none. */
  readonly revision: number;
  readonly served: boolean;
  /** Versions that the storage held when last asked, newest first. */
  readonly stored: readonly ModelVersion[];
  readonly versions: VersionPolicy;
  /** Served besides those that the policy asks for; versions that labels and traffic name are served as well. */
  readonly loaded: readonly ModelVersion[];
  readonly unloaded: readonly ModelVersion[];
  readonly labels: ReadonlyMap<string, ModelVersion>;
  readonly traffic: TrafficRules;
  /**
   * What the configuration pins and where, as `config.yaml:14:7`, by `served`, `versions`, `labels.<label>` and `traffic`.
   */
  readonly pins: ReadonlyMap<string, string>;
}

export type DeploymentChange =
  | {
      readonly kind: "set-label";
      readonly label: string;
      readonly version: ModelVersion;
      /** Also where the version is not in service; it is loaded then, if the storage has it. */
      readonly allowUnavailable?: boolean | undefined;
    }
  | { readonly kind: "remove-label"; readonly label: string }
  /** Replaces all rules at once; `undefined` goes back to what is configured. */
  | { readonly kind: "set-traffic"; readonly traffic: TrafficRules | undefined }
  /** `undefined` goes back to what is configured. */
  | { readonly kind: "set-versions"; readonly versions: VersionPolicy | undefined }
  /** Without a version the model as a whole. */
  | { readonly kind: "load"; readonly version?: ModelVersion | undefined }
  | { readonly kind: "unload"; readonly version?: ModelVersion | undefined };

/** What a revision did. */
export type RevisionAction =
  | DeploymentChange
  | { readonly kind: "publish"; readonly version: ModelVersion }
  /** Without a version the model as a whole. */
  | { readonly kind: "remove"; readonly version?: ModelVersion | undefined }
  | { readonly kind: "rollback"; readonly to: number };

/** Who wants a change, and why. */
export interface ChangeOrigin {
  /** At most 256 characters. */
  readonly who: string;
  /** At most 2,048 characters. Protected labels need it. */
  readonly why?: string | undefined;
  /** The model's revision that the change was decided on; another one by now refuses it. Default: any. */
  readonly expected?: number | undefined;
  readonly signal: AbortSignal;
}

/** One change, as it stands in the log for good. */
export interface Revision {
  /** Counts from 1, over all models. */
  readonly revision: number;
  readonly model: string;
  readonly action: RevisionAction;
  readonly who: string;
  readonly why?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly before: DeploymentState;
  readonly after: DeploymentState;
}

export interface HistoryQuery {
  /** Default: all. */
  readonly model?: string | undefined;
  /** Only older ones than this. */
  readonly before?: number | undefined;
  /** At most this many. Default: 50. */
  readonly limit?: number | undefined;
}

export interface PublishedVersion {
  readonly stored: StoredVersion;
  readonly revision: Revision;
}
