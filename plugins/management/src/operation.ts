import type {
  ChangeOrigin,
  ConfigReload,
  Deployments,
  DescribedSchema,
  Logger,
  ModelServer,
  ModelStorage,
  ModelVersion,
  Route,
  ServerConfiguration,
  ServerStatistics,
} from "@plinth/core";
import type { z } from "zod";
import type { ManagementOptions } from "./options.js";
import type { UploadStore } from "./uploads/upload-store.js";

/** What operations work on. */
export interface Management {
  readonly server: ModelServer;
  readonly storage: ModelStorage;
  readonly deployments: Deployments;
  readonly reload: ConfigReload;
  readonly statistics: ServerStatistics;
  readonly configuration: ServerConfiguration;
  readonly uploads: UploadStore;
  readonly logger: Logger;
  readonly options: ManagementOptions;
  /** All that is described: the operations, and the routes of other plugins below `/api`. */
  readonly described: () => Promise<readonly DescribedOperation[]>;
}

/** What the description tells of an operation. */
export interface DescribedOperation {
  /** Unique; what generated clients call it. */
  readonly id: string;
  readonly method: Route["method"];
  /** As {@link Route.path}. */
  readonly path: string;
  readonly summary: string;
  /** The name of the link that leads to it from the entry point, where it is a plugin's. */
  readonly link?: string | undefined;
  readonly query?: DescribedSchema | undefined;
  readonly body?: DescribedSchema | undefined;
  readonly upload?: readonly string[] | undefined;
  /** Headers that it needs, beside those that all of its kind take. */
  readonly headers?: readonly OperationHeader[];
  readonly changes: boolean;
  readonly answer: {
    readonly status: number;
    readonly description: string;
    readonly schema?: DescribedSchema | undefined;
    readonly mediaType?: string | undefined;
    readonly hasRevision?: boolean | undefined;
  };
}

/**
 * One method of one path: what it takes and gives. The routes, the checks of requests and the OpenAPI document are all made from
 * this.
 */
export interface Operation<Body = unknown, Query = unknown> extends DescribedOperation {
  readonly query?: z.ZodType<Query>;
  /** The JSON that it takes. */
  readonly body?: z.ZodType<Body>;
  /** Takes a stream of these media types instead, as large as `maxUploadBytes`. */
  readonly upload?: readonly string[];
  /** Whether it changes something: it then takes who and why, and `If-Match` where the answer has a revision. */
  readonly changes: boolean;
  readonly answer: OperationAnswer;
  handle(call: OperationCall<Body, Query>, management: Management): Promise<Answer>;
}

export interface OperationHeader {
  readonly name: string;
  readonly description: string;
  readonly pattern: string;
}

export interface OperationAnswer {
  readonly status: 200 | 201;
  readonly description: string;
  /** Absent: not JSON, see {@link mediaType}. */
  readonly schema?: z.ZodType;
  readonly mediaType?: string;
  /** Whether it has an `ETag`, the model's revision. */
  readonly hasRevision?: boolean;
}

/** One request, read and checked. */
export interface OperationCall<Body, Query> {
  readonly params: OperationParams;
  readonly body: Body;
  readonly query: Query;
  readonly request: Request;
  /** Who wants it, why, and on which revision it was decided. */
  readonly origin: ChangeOrigin;
}

export interface OperationParams {
  /** The name in the path, decoded. */
  readonly model: string;
  readonly label: string;
  readonly upload: string;
  /** @throws PlinthError `REQUEST_INVALID` where it is no number of a version */
  readonly version: ModelVersion;
  /** @throws PlinthError `REQUEST_INVALID` */
  readonly revision: number;
  /** Of a file in an upload. @throws PlinthError `REQUEST_INVALID` */
  readonly index: number;
}

export interface Answer {
  /** Sent as JSON, or as it is where it is a stream. */
  readonly body: object | ReadableStream<Uint8Array>;
  /** The model's revision after it. */
  readonly revision?: number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Checks an operation's types, and forgets those of its body and query, so that all of them fit into one table. */
export function defineOperation<Body = undefined, Query = undefined>(operation: Operation<Body, Query>): Operation {
  return operation as Operation;
}
