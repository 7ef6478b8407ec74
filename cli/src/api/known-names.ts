import type { LabelList, ModelList, RevisionList, VersionList } from "@plinth/management";
import { clientTls, environmentFiles } from "./client-files.js";
import { apiPath, ManagementClient } from "./management-client.js";

/** Longest wait for a server that is asked for names, in milliseconds: somebody is at the keyboard. */
const ASK_TIMEOUT_MS = 1_000;

/** Revisions that are proposed, the newest ones. */
const REVISIONS = 50;

export interface Surroundings {
  /** As `http://127.0.0.1:8501`. */
  readonly server: string;
  /** Whose versions, labels and revisions are meant. */
  readonly model: string;
}

type Ask = (client: ManagementClient, model: string) => Promise<readonly string[]>;

/** By what commands call their arguments and options. */
const ASKED: ReadonlyMap<string, Ask> = new Map([
  ["model", modelNames],
  ["label", labelNames],
  ["version", versionNumbers],
  ["modelVersion", versionNumbers],
  ["revision", revisionNumbers],
  ["before", revisionNumbers],
  ["weights", targets],
  ["shadow", targets],
]);

/** What may stand for an argument or the value of an option, as a running server knows it; nothing where none answers. */
export async function namesFor(what: string, { server, model }: Surroundings): Promise<readonly string[]> {
  try {
    return (await ASKED.get(what)?.(clientOf(server), model)) ?? [];
  } catch {
    return [];
  }
}

function clientOf(server: string): ManagementClient {
  return new ManagementClient({
    server,
    token: process.env.PLINTH_TOKEN || undefined,
    tls: clientTls(environmentFiles()),
    timeoutMs: ASK_TIMEOUT_MS,
  });
}

async function modelNames(client: ManagementClient): Promise<readonly string[]> {
  return (await client.get<ModelList>("/api/models")).items.map((each) => each.model);
}

async function labelNames(client: ManagementClient, model: string): Promise<readonly string[]> {
  return (await client.get<LabelList>(apiPath("models", model, "labels"))).items.map((each) => each.label);
}

async function versionNumbers(client: ManagementClient, model: string): Promise<readonly string[]> {
  return (await client.get<VersionList>(apiPath("models", model, "versions"))).items.map((each) => each.version);
}

async function revisionNumbers(client: ManagementClient, model: string): Promise<readonly string[]> {
  const path = model === "" ? "/api/history" : apiPath("models", model, "history");
  return (await client.get<RevisionList>(`${path}?limit=${REVISIONS}`)).items.map(({ revision }) => String(revision));
}

/** As `stable=`, with the number to follow. */
async function targets(client: ManagementClient, model: string): Promise<readonly string[]> {
  const names = await Promise.all([labelNames(client, model), versionNumbers(client, model)]);
  return names.flat().map((name) => `${name}=`);
}
