import type { Route } from "@plinth/core";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, it } from "vitest";
import { z } from "zod";
import { openApiDocument } from "../../src/describe.js";

const weather = z.object({ degrees: z.number() }).meta({ id: "Weather" });

/** Two plugins may call their parts the same. */
function route(id: string, path: string, part: z.ZodType): Route {
  return {
    method: "GET",
    path,
    access: "public",
    description: async () => ({
      id,
      summary: "Tells the weather.",
      answer: { description: "The weather.", schema: z.object({ now: part, later: z.array(part) }) },
    }),
    handle: () => new Response(),
  };
}

it("a public route's answer is described by its schema, parts included", async () => {
  const other = z.object({ sunny: z.boolean() }).meta({ id: "Weather2" });
  const document = await openApiDocument([route("here", "/here/:town", weather), route("there", "/there", other)]);
  const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
  expect([valid, errors]).toEqual([true, undefined]);
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema(document as object, "api");
  const answers = (path: string) => {
    const pointer = `/paths/${path.replaceAll("/", "~1").replace(/[{}]/g, encodeURIComponent)}/get/responses/200/content/application~1json/schema`;
    return ajv.getSchema(`api#${pointer}`) ?? expect.fail(pointer);
  };
  expect(answers("/here/{town}")({ now: { degrees: 1 }, later: [{ degrees: 2 }] })).toBe(true);
  expect(answers("/here/{town}")({ now: { degrees: 1 }, later: [{ degrees: "2" }] })).toBe(false);
  expect(answers("/there")({ now: { sunny: true }, later: [] })).toBe(true);
  expect(answers("/there")({ now: { degrees: 1 }, later: [] })).toBe(false);
});
