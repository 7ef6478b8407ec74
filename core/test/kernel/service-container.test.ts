import { describe, expect, it } from "vitest";
import { createToken, type Token } from "../../src/index.js";
import { ServiceContainer } from "../../src/kernel/service-container.js";

interface Named {
  readonly name: string;
}

const First: Token<Named> = createToken<Named>("test.First");
const Second: Token<{ readonly first: Named }> = createToken<{ readonly first: Named }>("test.Second");

describe("the service container", () => {
  it("makes a service once, when it is first asked for, from services that are provided later too", () => {
    const container = new ServiceContainer();
    let made = 0;
    container.provide(Second, (services) => ({ first: services.get(First) }));
    container.provide(First, () => ({ name: `made ${++made}` }));
    expect(made).toBe(0);
    expect(container.get(Second).first).toBe(container.get(First));
    expect(made).toBe(1);
  });

  it("gives all services of a token in the order in which they were provided", () => {
    const container = new ServiceContainer();
    expect(container.getAll(First)).toEqual([]);
    container.provide(First, () => ({ name: "a" }));
    container.provide(First, () => ({ name: "b" }));
    expect(container.getAll(First)).toEqual([{ name: "a" }, { name: "b" }]);
    expect(container.getAll(First)[0]).toBe(container.getAll(First)[0]);
  });

  it("says how many there are where one is expected", () => {
    const container = new ServiceContainer();
    expect(() => container.get(First)).toThrow("Expected exactly one plugin to provide test.First, got 0");
    container.provide(First, () => ({ name: "a" }));
    container.provide(First, () => ({ name: "b" }));
    expect(() => container.get(First)).toThrow("got 2");
  });

  it("tells of services that need each other in a circle", () => {
    const container = new ServiceContainer();
    container.provide(First, (services) => services.get(Second).first);
    container.provide(Second, (services) => ({ first: services.get(First) }));
    expect(() => container.get(First)).toThrow("test.First -> test.Second -> test.First");
  });

  it("keeps the services of two containers apart", () => {
    const [left, right] = [new ServiceContainer(), new ServiceContainer()];
    left.provide(First, () => ({ name: "left" }));
    expect(right.getAll(First)).toEqual([]);
  });
});
