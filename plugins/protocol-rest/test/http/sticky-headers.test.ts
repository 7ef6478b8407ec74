import { expect, it } from "vitest";
import { RestUnderTest } from "../rest-under-test.js";

it("hands a request's headers to the server, for traffic that is sticky by one of them", async () => {
  await using rest = await RestUnderTest.start();
  await rest.predict('{"instances": [[1]]}', { "X-User": "ada" });
  const { lastTarget } = rest.server;
  expect(lastTarget?.header?.("x-user")).toBe("ada");
  expect(lastTarget?.header?.("x-other")).toBeUndefined();
  expect(lastTarget?.header?.("__proto__")).toBeUndefined();
});
